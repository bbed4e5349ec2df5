package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.config.Framing;
import dev.millrace.job.registry.RefusedSchemaException;
import dev.millrace.job.registry.RegistryAwayException;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RegistryFrame;
import dev.millrace.schema.SchemaHistory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends prompts to a topic as Avro, keyed by id, idempotently. A failure to send shows at the next
 * call. Safe for use by many threads.
 */
final class PromptSender implements AutoCloseable {
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(10);
  private static final int UNREACHABLE_AFTER_MS = 15_000;
  private static final int MAX_REQUEST_BYTES = 8 << 20;

  private final RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);
  private final OptionalInt schemaId;
  private final KafkaProducer<byte[], byte[]> producer;
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final String bootstrapServers;
  private final String topic;

  /**
   * @throws CommandException if prompts are to be framed with the id of a schema registry that does
   *     not give one
   */
  PromptSender(ClusterSettings cluster, String topic) {
    this.bootstrapServers = cluster.bootstrapServers();
    this.topic = requireNonNull(topic, "topic");
    this.schemaId = schemaId(cluster, topic);
    this.producer =
        new KafkaProducer<>(
            cluster.client(
                Map.of(
                    ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                    true,
                    ProducerConfig.ACKS_CONFIG,
                    "all",
                    ProducerConfig.LINGER_MS_CONFIG,
                    20,
                    ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                    MAX_REQUEST_BYTES,
                    ProducerConfig.MAX_BLOCK_MS_CONFIG,
                    UNREACHABLE_AFTER_MS)),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /**
   * Hands a prompt over for sending.
   *
   * @throws CommandException if the cluster cannot be reached, or an earlier prompt was not taken
   */
  void send(GenerationRequest request) {
    requireNoFailure();
    byte[] key = request.getId().getBytes(UTF_8);
    try {
      Future<RecordMetadata> unused =
          producer.send(new ProducerRecord<>(topic, key, encode(request)), this::sent);
    } catch (TimeoutException e) {
      throw new CommandException(
          "no topic " + topic + " at " + bootstrapServers + ": is the broker up ('millrace up')?",
          e);
    }
  }

  private static OptionalInt schemaId(ClusterSettings cluster, String topic) {
    if (cluster.registry().framing() == Framing.SINGLE_OBJECT) {
      return OptionalInt.empty();
    }
    try {
      Schema schema = SchemaHistory.of(GenerationRequest.getClassSchema()).current();
      return OptionalInt.of(Registries.of(cluster).idOf(topic, schema));
    } catch (RefusedSchemaException | RegistryAwayException e) {
      throw new CommandException("prompts cannot be framed: " + e.getMessage(), e);
    }
  }

  private byte[] encode(GenerationRequest request) {
    byte[] singleObject = codec.encode(request);
    return schemaId.isPresent()
        ? RegistryFrame.ofSingleObject(singleObject, schemaId.getAsInt())
        : singleObject;
  }

  /** Waits until everything sent is stored. */
  void flush() {
    producer.flush();
    requireNoFailure();
  }

  @Override
  public void close() {
    producer.close(CLOSE_PATIENCE);
  }

  private void sent(RecordMetadata stored, Exception exception) {
    if (exception != null) {
      failure.compareAndSet(null, exception);
    }
  }

  private void requireNoFailure() {
    Optional.ofNullable(failure.get())
        .ifPresent(
            cause -> {
              throw new CommandException("a prompt could not be sent to " + topic, cause);
            });
  }
}
