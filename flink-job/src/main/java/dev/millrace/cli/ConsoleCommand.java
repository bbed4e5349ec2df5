package dev.millrace.cli;

import dev.millrace.cli.console.ConsoleSettings;
import dev.millrace.cli.console.LiveConsole;
import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.config.Topics;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows a pipeline at work in the browser. */
@Command(
    name = "console",
    header = "Show a pipeline at work in the browser, until Ctrl-C.",
    description = {
      "One page with what is sent, waits, runs and comes out, tokens per second and latencies",
      "over time, the last completions, and dead letters with a button to replay them. It reads",
      "Kafka's outcome topics and Flink's REST interface, joins no consumer group and keeps",
      "nothing. 'millrace up' and 'millrace demo' bring it along.",
      "",
      "Prompts and answers are on it. Only this machine reaches it, unless --listen says",
      "otherwise; then a token is required: in --token-file, or in the environment variable",
      "MILLRACE_CONSOLE_TOKEN."
    },
    footer = {
      "  millrace console",
      "  millrace console --bootstrap-server kafka:9092 --flink http://jobmanager:8081",
      "  millrace console --listen 0.0.0.0 --host-name console.example.com --token-file token"
    })
final class ConsoleCommand implements Callable<Integer> {
  private static final String TOKEN_VARIABLE = "MILLRACE_CONSOLE_TOKEN";
  private static final int SHORTEST_TOKEN = 16;

  @Spec private CommandSpec spec;
  @Mixin private BrokerOption broker;

  @Option(
      names = "--flink",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8081",
      description = "Flink's REST interface, where the web UI is. Default: ${DEFAULT-VALUE}.")
  private URI flink;

  @Option(
      names = "--job",
      paramLabel = "NAME",
      description = "The job's name or id. Default: the one that runs and begins with 'millrace'.")
  private Optional<String> job = Optional.empty();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8090",
      description = "Where the page is; 0: a free port. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "The address to listen on. Default: ${DEFAULT-VALUE}.")
  private String listen;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "A file whose first line is the token to log in with.")
  private Optional<Path> tokenFile = Optional.empty();

  @Option(
      names = "--host-name",
      paramLabel = "NAME",
      split = ",",
      description = {
        "A name under which browsers reach it, besides localhost and plain addresses. A page",
        "that comes under another name is refused."
      })
  private Set<String> hostNames = Set.of();

  @Option(names = "--prompts-topic", paramLabel = "NAME", description = "Default: prompts.")
  private Optional<String> prompts = Optional.empty();

  @Option(names = "--completions-topic", paramLabel = "NAME", description = "Default: completions.")
  private Optional<String> completions = Optional.empty();

  @Option(
      names = "--latency-topic",
      paramLabel = "NAME",
      description = "Default: completion-latency.")
  private Optional<String> latency = Optional.empty();

  @Option(
      names = "--dead-letters-topic",
      paramLabel = "NAME",
      description = "Default: prompts-dead-letter.")
  private Optional<String> deadLetters = Optional.empty();

  @Override
  public Integer call() throws IOException {
    Optional<String> token = token();
    if (token.isEmpty() && !InetAddress.getByName(listen).isLoopbackAddress()) {
      throw usage(
          "--listen %s: others reach that address, so a token is required: --token-file, or %s"
              .formatted(listen, TOKEN_VARIABLE));
    }
    ClusterSettings cluster = cluster();
    ConsoleSettings settings =
        new ConsoleSettings(cluster, Optional.of(flink), job, listen, port, token, hostNames);
    try (ClosingStack open = new ClosingStack()) {
      LiveConsole console = open.push(LiveConsole.start(settings, new CodeReplay(cluster)));
      PrintWriter err = spec.commandLine().getErr();
      err.println("Console  " + console.address());
      err.println("Ctrl-C stops it.");
      err.flush();
      return waitForTheEnd();
    }
  }

  private ClusterSettings cluster() {
    ClusterSettings cluster = broker.cluster();
    Topics topics = cluster.topics();
    return cluster.withTopics(
        new Topics(
            prompts.orElse(topics.prompts()),
            completions.orElse(topics.completions()),
            latency.orElse(topics.latency()),
            deadLetters.orElse(topics.deadLetters())));
  }

  private Optional<String> token() throws IOException {
    Optional<String> token =
        tokenFile.isPresent()
            ? Files.readString(tokenFile.get()).lines().findFirst()
            : Optional.ofNullable(System.getenv(TOKEN_VARIABLE));
    if (token.isPresent() && token.get().strip().length() < SHORTEST_TOKEN) {
      throw usage(
          "the console's token has %d characters: take at least %d, for example of 'openssl rand -hex 16'"
              .formatted(token.get().strip().length(), SHORTEST_TOKEN));
    }
    if (tokenFile.isPresent() && token.isEmpty()) {
      throw usage("--token-file " + tokenFile.get() + ": the file is empty");
    }
    return token.map(String::strip);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static int waitForTheEnd() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return ExitCode.DONE;
  }
}
