package dev.millrace.job.registry;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.RegistrySettings;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.WriterSchemas;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.avro.Schema;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a registry knows, as far as somebody has asked. An id never changes its schema, so each is
 * asked for once in a process and kept; what the registry refuses is asked for again after a
 * minute.
 *
 * <p>A registry that does not answer is asked again and again while the caller waits, until its
 * thread is interrupted or its patience ends: a record must not become a dead letter because of a
 * machine that is away. Safe for all threads.
 */
public final class SchemaDirectory implements WriterSchemas {
  /** Asks the registry one thing. */
  private interface Question<T> {
    T ask(RegistryClient client) throws RegistryException, InterruptedException;
  }

  /** What the registry said no to; its word is good for a while. */
  private record Refusal(String message, Instant until) {}

  private static final Logger LOG = LoggerFactory.getLogger(SchemaDirectory.class);
  private static final Duration FOR_EVER = Duration.ofDays(10_000);
  private static final Duration REFUSAL_IS_GOOD = Duration.ofMinutes(1);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(30);
  private static final long FIRST_PAUSE_MS = 100;
  private static final long LONGEST_PAUSE_MS = 5_000;
  private static final int MOST_REFUSALS = 10_000;

  /** Tasks of a process share what they know; the job's class loader takes it along. */
  private static final Map<RegistrySettings, SchemaDirectory> SHARED = new ConcurrentHashMap<>();

  private final RegistrySettings settings;
  private final RegistryClient client;
  private final Duration patience;
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();
  private final Map<KnownSchema, Integer> ids = new ConcurrentHashMap<>();
  private final Map<Object, Refusal> refusals = new ConcurrentHashMap<>();

  /** One question at a time: whoever waits for the registry would ask the same. */
  private final ReentrantLock asking = new ReentrantLock();

  private volatile Optional<String> away = Optional.empty();

  private SchemaDirectory(RegistrySettings settings, Duration patience) {
    this.settings = requireNonNull(settings, "settings");
    this.client = new RegistryClient(settings);
    this.patience = requireNonNull(patience, "patience");
  }

  /** The directory that all tasks of this process share; it waits for the registry for ever. */
  public static SchemaDirectory shared(RegistrySettings settings) {
    return SHARED.computeIfAbsent(settings, key -> new SchemaDirectory(key, FOR_EVER));
  }

  /** A directory of one's own, which waits only so long: {@link RegistryAwayException}. */
  public static SchemaDirectory patient(RegistrySettings settings, Duration patience) {
    return new SchemaDirectory(settings, patience);
  }

  @Override
  public Schema find(int id) throws RecordFormatException {
    Schema known = schemas.get(id);
    if (known != null) {
      return known;
    }
    if (!settings.isConfigured()) {
      return WriterSchemas.none().find(id);
    }
    try {
      return ask(id, "the schema with id " + id, schemas, registry -> registry.schema(id));
    } catch (RegistryException.Refused e) {
      throw new RecordFormatException(
          ErrorCode.UNKNOWN_SCHEMA,
          "the registry at %s gives no schema for id %d: %s"
              .formatted(settings.url(), id, e.getMessage()),
          e);
    }
  }

  /**
   * The id of a schema for the records of a topic; registers it, if that is not switched off.
   *
   * @throws RefusedSchemaException if the registry does not take it, or does not have it
   */
  public int idOf(String topic, Schema schema) throws RefusedSchemaException {
    String subject = settings.subjects().subject(topic, schema);
    KnownSchema key = new KnownSchema(0, subject, schema.toString());
    Integer known = ids.get(key);
    if (known != null) {
      return known;
    }
    try {
      return ask(key, "subject " + subject, ids, registry -> idOf(registry, subject, schema));
    } catch (RegistryException.Refused e) {
      throw new RefusedSchemaException(settings, subject, schema, e);
    }
  }

  private int idOf(RegistryClient registry, String subject, Schema schema)
      throws RegistryException, InterruptedException {
    return settings.register()
        ? registry.register(subject, schema)
        : registry.lookUp(subject, schema);
  }

  /** Why somebody waits for the registry at the moment; empty: nobody does. */
  public Optional<String> away() {
    return away;
  }

  /** Shows in an operator's metrics whether somebody in this process waits for the registry. */
  public void register(MetricGroup operator) {
    operator
        .addGroup("millrace")
        .gauge("registryAway", (Gauge<Integer>) () -> away.isPresent() ? 1 : 0);
  }

  /** All that is known, for a checkpoint. */
  public List<String> snapshot() {
    List<String> all = new ArrayList<>();
    schemas.forEach((id, schema) -> all.add(new KnownSchema(id, "", schema.toString()).toJson()));
    ids.forEach((key, id) -> all.add(new KnownSchema(id, key.subject(), key.schema()).toJson()));
    return all;
  }

  /** Takes over what a checkpoint holds, so that its records can be read without the registry. */
  public void restore(Iterable<String> snapshot) {
    for (String json : snapshot) {
      KnownSchema known = KnownSchema.ofJson(json);
      if (known.subject().isEmpty()) {
        schemas.computeIfAbsent(known.id(), id -> new Schema.Parser().parse(known.schema()));
      } else {
        ids.putIfAbsent(new KnownSchema(0, known.subject(), known.schema()), known.id());
      }
    }
  }

  private <K, T> T ask(K key, String what, Map<K, T> answers, Question<T> question)
      throws RegistryException.Refused {
    try {
      asking.lockInterruptibly();
      try {
        T meanwhile = answers.get(key);
        if (meanwhile != null) {
          return meanwhile;
        }
        requireNotRefused(key);
        return askRegistry(key, what, answers, question);
      } finally {
        asking.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryAwayException("interrupted while the registry was asked for " + what, e);
    }
  }

  private <K, T> T askRegistry(K key, String what, Map<K, T> answers, Question<T> question)
      throws RegistryException.Refused, InterruptedException {
    try {
      T answer = askUntilAnswered(what, question);
      answers.put(key, answer);
      return answer;
    } catch (RegistryException.Refused e) {
      remember(key, e);
      throw e;
    }
  }

  private void requireNotRefused(Object key) throws RegistryException.Refused {
    Refusal refusal = refusals.get(key);
    if (refusal != null && Instant.now().isBefore(refusal.until())) {
      throw new RegistryException.Refused(refusal.message(), null);
    }
  }

  private void remember(Object key, RegistryException.Refused refusal) {
    if (refusals.size() >= MOST_REFUSALS) {
      refusals.clear();
    }
    refusals.put(key, new Refusal(refusal.getMessage(), Instant.now().plus(REFUSAL_IS_GOOD)));
  }

  private <T> T askUntilAnswered(String what, Question<T> question)
      throws RegistryException.Refused, InterruptedException {
    Instant start = Instant.now();
    Instant logged = Instant.EPOCH;
    long pause = FIRST_PAUSE_MS;
    try {
      while (true) {
        try {
          return question.ask(client);
        } catch (RegistryException.Refused e) {
          throw e;
        } catch (RegistryException e) {
          away = Optional.of(e.getMessage());
          requirePatience(what, start, e);
          if (Duration.between(logged, Instant.now()).compareTo(LOG_INTERVAL) >= 0) {
            LOG.warn(
                "the schema registry at {} does not answer for {}: {}; what needs it waits",
                settings.url(),
                what,
                e.getMessage());
            logged = Instant.now();
          }
          TimeUnit.MILLISECONDS.sleep(pause);
          pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
        }
      }
    } finally {
      if (away.isPresent()) {
        LOG.info("the wait for the schema registry at {} is over", settings.url());
        away = Optional.empty();
      }
    }
  }

  private void requirePatience(String what, Instant start, RegistryException cause) {
    boolean hopeless = cause instanceof RegistryException.Denied && !patience.equals(FOR_EVER);
    if (hopeless || Duration.between(start, Instant.now()).compareTo(patience) >= 0) {
      throw new RegistryAwayException(
          "the schema registry at %s does not answer for %s: %s"
              .formatted(settings.url(), what, cause.getMessage()),
          cause);
    }
  }
}
