package dev.millrace.cli;

import dev.millrace.cli.local.EmbeddedBroker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a broker with Millrace's topics until it is stopped, for a job that runs elsewhere. */
@Command(
    name = "broker",
    header = "Run a Kafka broker with the job's topics until Ctrl-C.",
    description = {
      "For a cluster on this machine (deploy/cluster.sh) when no Kafka is at hand. It listens on",
      "the loopback interface, without passwords; its data is kept."
    },
    footer = {"  millrace broker", "  millrace broker --port 19092 --data /var/tmp/kafka"})
final class BrokerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "9092",
      description = "Where Kafka clients connect, on 127.0.0.1. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where topics are kept. Default: .millrace/broker.")
  private Optional<Path> data = Optional.empty();

  @Override
  public Integer call() throws IOException {
    Path folder = data.orElseGet(() -> Installation.current().work().resolve("broker"));
    PrintWriter err = spec.commandLine().getErr();
    try (EmbeddedBroker broker = EmbeddedBroker.keepingData(folder.toAbsolutePath(), port)) {
      LocalTopics.create(broker);
      err.println("Kafka    " + broker.bootstrapServers());
      err.println("Data     " + folder);
      err.println("Ctrl-C stops it; the data stays.");
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return ExitCode.DONE;
  }
}
