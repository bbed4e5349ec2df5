package dev.millrace.job.kafka;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.Delivery;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.StartFrom;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.registry.OutcomeFrames;
import java.util.Properties;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;

/** The job's source and sink on Kafka. */
public final class KafkaConnectors {
  /** The broker limits a record's size, and knows better than a client's default of 1 MB. */
  private static final String LARGEST_REQUEST = Integer.toString(64 << 20);

  private KafkaConnectors() {}

  /**
   * Reads prompts and the events of tasks, only those of committed transactions. With a schema
   * registry, a record is handed on once the registry's part of it is known.
   */
  public static Source<PromptRecord, KafkaPartitionSplit, KafkaSourceEnumState> source(
      JobSettings settings) {
    KafkaSource<PromptRecord> kafka = source(settings.kafka());
    return settings.registry().isConfigured() ? new SchemaAwaitingSource(kafka, settings) : kafka;
  }

  private static KafkaSource<PromptRecord> source(KafkaSettings settings) {
    Properties properties = settings.properties();
    properties.putIfAbsent("isolation.level", "read_committed");
    KafkaSourceBuilder<PromptRecord> source =
        KafkaSource.<PromptRecord>builder()
            .setProperties(properties)
            .setTopics(settings.inputTopics())
            .setGroupId(settings.consumerGroup())
            .setStartingOffsets(startingOffsets(settings.startFrom()))
            .setDeserializer(new PromptDeserializer());
    if (settings.bounded()) {
      source.setBounded(OffsetsInitializer.latest());
    }
    return source.build();
  }

  /**
   * Writes all outcomes, with exactly-once in one transaction per checkpoint. What is framed with
   * the ids of a schema registry is registered there first.
   *
   * @throws ConfigurationException if the registry does not have it so
   */
  public static Sink<OutputRecord> sink(JobSettings settings) {
    return sink(settings.kafka(), OutcomeFrames.of(settings));
  }

  private static Sink<OutputRecord> sink(KafkaSettings settings, OutcomeFrames frames) {
    Properties properties = settings.properties();
    properties.putIfAbsent("max.request.size", LARGEST_REQUEST);
    properties.putIfAbsent("compression.type", "lz4");
    // Nobody sees an outcome before its transaction commits, so full batches delay nothing.
    boolean seenAtOnce = settings.delivery() == Delivery.AT_LEAST_ONCE;
    properties.putIfAbsent("linger.ms", seenAtOnce ? "50" : "500");
    properties.putIfAbsent("batch.size", Integer.toString(128 << 10));
    // Flink's default of an hour is more than a broker allows by default, and would not start.
    properties.setProperty(
        "transaction.timeout.ms", Long.toString(settings.transactionTimeout().toMillis()));
    KafkaSinkBuilder<OutputRecord> sink =
        KafkaSink.<OutputRecord>builder()
            .setKafkaProducerConfig(properties)
            .setDeliveryGuarantee(settings.delivery().guarantee())
            .setRecordSerializer(new OutcomeSerializer(settings.topics(), frames));
    if (settings.delivery() != Delivery.AT_LEAST_ONCE) {
      sink.setTransactionalIdPrefix(settings.transactionalIdPrefix());
    }
    return new OutcomeSink(sink.build(), settings);
  }

  @SuppressWarnings("deprecation") // the connector still takes Kafka's old enum
  private static OffsetsInitializer startingOffsets(StartFrom from) {
    return switch (from) {
      case COMMITTED ->
          OffsetsInitializer.committedOffsets(
              org.apache.kafka.clients.consumer.OffsetResetStrategy.EARLIEST);
      case EARLIEST -> OffsetsInitializer.earliest();
      case LATEST -> OffsetsInitializer.latest();
    };
  }
}
