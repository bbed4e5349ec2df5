package dev.millrace.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends each line of a file as one record. */
@Command(
    name = "send",
    header = "Send each line of a file to a topic as it is.",
    footer = {"  millrace topic send support-events deploy/tasks/samples/events.jsonl"})
final class TopicSendCommand implements Callable<Integer> {
  private static final int UNREACHABLE_AFTER_MS = 15_000;

  @Spec private CommandSpec spec;
  @Mixin private BrokerOption broker;

  @Parameters(index = "0", paramLabel = "TOPIC", description = "Where the lines go.")
  private String topic;

  @Parameters(index = "1", paramLabel = "FILE", description = "One record per line.")
  private Path file;

  @Override
  public Integer call() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new CommandException("there is no file " + file);
    }
    List<String> lines = Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      List<Future<RecordMetadata>> sent =
          lines.stream()
              .map(line -> line.getBytes(StandardCharsets.UTF_8))
              .map(value -> producer.send(new ProducerRecord<>(topic, value)))
              .toList();
      for (Future<RecordMetadata> stored : sent) {
        stored.get();
      }
    } catch (ExecutionException e) {
      throw new CommandException("the topic " + topic + " did not take a line", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while lines were sent", e);
    }
    spec.commandLine().getErr().println(lines.size() + " lines sent to " + topic);
    return ExitCode.DONE;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        broker.cluster().client(Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, UNREACHABLE_AFTER_MS)),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }
}
