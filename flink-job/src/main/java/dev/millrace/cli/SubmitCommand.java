package dev.millrace.cli;

import dev.millrace.cli.jsonl.RequestLines;
import dev.millrace.job.config.ClusterSettings;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends lines of JSON to the prompts topic. */
@Command(
    name = "submit",
    header = "Send prompts from JSONL files to the prompts topic.",
    description = {
      "Each line is one prompt, either in Millrace's form",
      "",
      "  {\"id\": \"1\", \"messages\": [{\"role\": \"user\", \"content\": \"...\"}], \"max_tokens\": 64}",
      "",
      "or a line of an OpenAI batch file (custom_id and body). A line is checked before it is",
      "sent; the first bad one stops the command and nothing after it is sent. Sending retries",
      "without making duplicates. The record's key is the prompt's id."
    },
    footer = {
      "  millrace submit prompts.jsonl",
      "  jq -c '{id, messages}' rows.jsonl | millrace submit -",
      "  millrace submit --dry-run batch.jsonl        check the lines, send nothing"
    })
final class SubmitCommand implements Callable<Integer> {
  private static final Path STDIN = Path.of("-");

  @Spec private CommandSpec spec;
  @Mixin private BrokerOption broker;

  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description = "Where the prompts go. Default: prompts.")
  private Optional<String> topic = Optional.empty();

  @Option(
      names = "--any-model",
      description = {
        "Leave out the model that a line names, so that the job's default model answers."
      })
  private boolean anyModel;

  @Option(names = "--dry-run", description = "Check every line and send nothing.")
  private boolean dryRun;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "JSONL files; - reads standard input.")
  private List<Path> files;

  private final RequestLines lines = new RequestLines();

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (dryRun) {
      err.println(check() + " prompts are in order");
      return ExitCode.DONE;
    }
    ClusterSettings cluster = broker.cluster();
    String target = topic.orElse(cluster.topics().prompts());
    err.println(send(cluster, target) + " prompts sent to " + target);
    return ExitCode.DONE;
  }

  private long check() throws IOException {
    long count = 0;
    for (Path file : files) {
      count += forEachRequest(file, request -> {});
    }
    return count;
  }

  private long send(ClusterSettings cluster, String target) throws IOException {
    try (PromptSender sender = new PromptSender(cluster, target)) {
      long count = 0;
      for (Path file : files) {
        count += forEachRequest(file, sender::send);
      }
      sender.flush();
      return count;
    }
  }

  private interface RequestConsumer {
    void accept(GenerationRequest request);
  }

  private long forEachRequest(Path file, RequestConsumer consumer) throws IOException {
    long count = 0;
    try (BufferedReader reader = open(file)) {
      long number = 1;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank()) {
          consumer.accept(parse(file, number, line));
          count++;
        }
        number++;
      }
    }
    return count;
  }

  private GenerationRequest parse(Path file, long number, String line) {
    try {
      GenerationRequest request = lines.read(line);
      if (anyModel) {
        request.setModel(null);
      }
      return request;
    } catch (RecordFormatException e) {
      throw new CommandException(file + " line " + number + ": " + e.getMessage(), e);
    }
  }

  private static BufferedReader open(Path file) throws IOException {
    if (file.equals(STDIN)) {
      return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    }
    if (!Files.isRegularFile(file)) {
      throw new CommandException("there is no file " + file);
    }
    return Files.newBufferedReader(file);
  }
}
