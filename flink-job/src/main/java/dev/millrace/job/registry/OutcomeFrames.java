package dev.millrace.job.registry;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.Framing;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.config.Topics;
import dev.millrace.job.task.EnrichedSchema;
import dev.millrace.job.task.EventSource;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RegistryFrame;
import dev.millrace.schema.SchemaHistory;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * The framing of what the job writes, decided where it is started: the ids travel with the job, so
 * that no task asks the registry for them, not even after a failure. Immutable.
 */
public final class OutcomeFrames implements Serializable {
  private static final long serialVersionUID = 1L;

  /** By topic and fingerprint. */
  private final Map<String, Map<Long, Integer>> ids;

  private OutcomeFrames(Map<String, Map<Long, Integer>> ids) {
    this.ids = requireNonNull(ids, "ids");
  }

  /** Everything stays in single-object encoding. */
  public static OutcomeFrames none() {
    return new OutcomeFrames(new HashMap<>());
  }

  /**
   * What the settings say; with the registry's framing every schema is registered or looked up
   * first.
   *
   * @throws ConfigurationException if there is no registry where one is needed, it does not answer
   *     in time, or does not take a schema
   */
  public static OutcomeFrames of(JobSettings settings) {
    settings.tasks().tasks().all().forEach(task -> requireSchemas(task, settings));
    if (settings.registry().framing() == Framing.SINGLE_OBJECT) {
      return none();
    }
    KafkaSettings kafka = settings.kafka();
    Registration registration =
        new Registration(SchemaDirectory.patient(settings.registry(), kafka.brokerPatience()));
    Topics topics = kafka.topics();
    registration.add(topics.completions(), current(GenerationResult.getClassSchema()));
    registration.add(topics.latency(), current(GenerationLatency.getClassSchema()));
    registration.add(topics.deadLetters(), current(DeadLetter.getClassSchema()));
    settings.tasks().tasks().all().forEach(registration::add);
    return new OutcomeFrames(registration.ids);
  }

  private static Schema current(Schema schema) {
    return SchemaHistory.of(schema).current();
  }

  private static void requireSchemas(TaskDefinition task, JobSettings settings) {
    boolean lacks =
        task.source().map(source -> source.isAvro() && source.schemas().isEmpty()).orElse(false);
    if (lacks && !settings.registry().isConfigured()) {
      throw new ConfigurationException(
          "%s: task '%s' has Avro events and no schemas for them: name them, or set %s to where they are registered"
              .formatted(
                  MillraceOptions.TASKS.key(), task.name(), MillraceOptions.REGISTRY_URL.key()));
    }
  }

  /**
   * The value as it goes to the topic: in the registry's framing if it is in single-object encoding
   * and the job frames so, else as it is.
   */
  public byte[] frame(String topic, byte[] value) {
    if (ids.isEmpty() || !RecordCodec.isSingleObject(value)) {
      return value;
    }
    long fingerprint = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(2);
    Integer id = ids.getOrDefault(topic, Map.of()).get(fingerprint);
    if (id == null) {
      throw new IllegalStateException(
          "no schema with the fingerprint %016x was registered for %s"
              .formatted(fingerprint, topic));
    }
    return RegistryFrame.ofSingleObject(value, id);
  }

  /** Asks for one id after the other. */
  private static final class Registration {
    private final SchemaDirectory registry;
    private final Map<String, Map<Long, Integer>> ids = new HashMap<>();

    Registration(SchemaDirectory registry) {
      this.registry = registry;
    }

    void add(TaskDefinition task) {
      if (task.kind() instanceof TaskKind.Label label) {
        label
            .reviewTopic()
            .ifPresent(topic -> add(topic, current(GenerationResult.getClassSchema())));
      }
      if (task.kind() instanceof TaskKind.Enrich enrich
          && enrich.topic().isPresent()
          && task.source().isPresent()) {
        EventSource source = task.source().get();
        for (Schema event : source.schemas()) {
          add(enrich.topic().get(), EnrichedSchema.of(event, enrich).whole());
        }
      }
    }

    void add(String topic, Schema schema) {
      try {
        ids.computeIfAbsent(topic, name -> new HashMap<>())
            .put(SchemaNormalization.parsingFingerprint64(schema), registry.idOf(topic, schema));
      } catch (RefusedSchemaException | RegistryAwayException e) {
        throw new ConfigurationException(
            "%s: %s".formatted(MillraceOptions.REGISTRY_URL.key(), e.getMessage()), e);
      }
    }
  }
}
