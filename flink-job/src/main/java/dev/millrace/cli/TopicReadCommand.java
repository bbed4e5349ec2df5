package dev.millrace.cli;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.event.EventFormat;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.RegistryFrame;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the values of a topic's records. */
@Command(
    name = "read",
    header = "Print the committed records of a topic from its beginning, one line each.",
    description = {
      "A completion, as a review topic has them, and an Avro event in a schema registry's framing",
      "are printed as JSON; other values as they are."
    },
    footer = {"  millrace topic read label-review --count 3"})
final class TopicReadCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);

  @Spec private CommandSpec spec;
  @Mixin private BrokerOption broker;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "10",
      description = "End after N records. Default: ${DEFAULT-VALUE}.")
  private int count;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = {
        "End when nothing came for so long; exit status 3 if that was before N.",
        "Default: ${DEFAULT-VALUE}."
      })
  private long idleSeconds;

  @Parameters(paramLabel = "TOPIC", description = "What to read.")
  private String topic;

  private final NaturalJson<GenerationResult> json = NaturalJson.of(GenerationResult.class);

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    int printed = 0;
    ClusterSettings cluster = broker.cluster();
    SchemaDirectory registry = Registries.of(cluster);
    RecordCodec<GenerationResult> results = RecordCodec.of(GenerationResult.class, registry);
    EventFormat events = EventFormat.framed(registry);
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(cluster)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(partition -> new TopicPartition(topic, partition.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Instant lastNews = Instant.now();
      while (printed < count && !isIdleSince(lastNews)) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          lastNews = Instant.now();
          if (printed < count) {
            out.println(text(record.value(), results, events));
            printed++;
          }
        }
        out.flush();
      }
    }
    return printed < count ? ExitCode.INCOMPLETE : ExitCode.DONE;
  }

  private boolean isIdleSince(Instant lastNews) {
    return Duration.between(lastNews, Instant.now()).toSeconds() >= idleSeconds;
  }

  private String text(byte[] value, RecordCodec<GenerationResult> results, EventFormat events) {
    if (value == null) {
      return "null";
    }
    try {
      return json.write(results.decode(value));
    } catch (RecordFormatException anotherRecord) {
      return textOfEvent(value, events);
    }
  }

  private static String textOfEvent(byte[] value, EventFormat events) {
    try {
      return RegistryFrame.isFramed(value)
          ? events.read(value).toString()
          : new String(value, StandardCharsets.UTF_8);
    } catch (RecordFormatException e) {
      throw new CommandException("a record cannot be read: " + e.getMessage(), e);
    }
  }

  private static KafkaConsumer<byte[], byte[]> consumer(ClusterSettings cluster) {
    return new KafkaConsumer<>(
        cluster.client(Map.of(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }
}
