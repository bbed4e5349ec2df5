package dev.millrace.job.config;

import static org.apache.flink.configuration.ConfigOptions.key;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.MemorySize;

/**
 * Every setting of the job. Set them in Flink's configuration file, with {@code -D}, or in a file
 * given with {@code --config}; {@link JobSettings} checks them.
 *
 * <p>{@code docs/configuration.md} is generated from this class by {@link ConfigurationPage}.
 */
public final class MillraceOptions {
  /** Every key of Millrace's starts like this; one that is not known stops the start. */
  public static final String PREFIX = "millrace.";

  /** What follows this prefix goes to Kafka's clients as it is. */
  public static final String KAFKA_PREFIX = "millrace.kafka.";

  /** What follows this prefix goes to the schema registry's client as it is. */
  public static final String REGISTRY_CLIENT_PREFIX = "millrace.registry.client.";

  /** What follows this prefix is an adapter's name. */
  public static final String ADAPTERS_SHA256_PREFIX = "millrace.adapters-sha256.";

  /** What follows this prefix is a tenant's name. */
  public static final String TENANT_SHARES_PREFIX = "millrace.tenant.shares.";

  public static final ConfigOption<String> MODEL_DIRECTORY =
      key("millrace.model.directory")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Directory of the model's checkpoint in Hugging Face layout, on every task manager.");

  public static final ConfigOption<String> MODEL_NAME =
      key("millrace.model.name")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The model's name in requests and results. Default: the directory's own name.");

  public static final ConfigOption<String> MODEL_SHA256 =
      key("millrace.model.sha256")
          .stringType()
          .defaultValue("")
          .withDescription(
              "The SHA-256 that the files of the model's directory must have, computed as"
                  + " docs/security.md shows; another model is not loaded. Empty: any will do.");

  public static final ConfigOption<String> ADAPTERS_DIRECTORY =
      key("millrace.adapters-directory")
          .stringType()
          .defaultValue("")
          .withDescription(
              "Directory of LoRA adapters in PEFT layout, on every task manager: a request's"
                  + " adapter names one of its directories. What is put there, changed or removed"
                  + " while the job runs counts from the next request on. Empty: no adapters.");

  public static final ConfigOption<Map<String, String>> ADAPTERS_SHA256 =
      key("millrace.adapters-sha256")
          .mapType()
          .defaultValue(Map.of())
          .withDescription(
              "The SHA-256 of each adapter's files, each as millrace.adapters-sha256.NAME, computed"
                  + " like the model's. With one or more of them no other adapter is served. None:"
                  + " any will do.");

  public static final ConfigOption<String> DEVICE =
      key("millrace.device")
          .stringType()
          .defaultValue("cpu")
          .withDescription("Where the model runs: cpu, cuda or cuda:N.");

  public static final ConfigOption<String> PRECISION =
      key("millrace.precision")
          .stringType()
          .defaultValue("auto")
          .withDescription(
              "What the model computes in: float32, bfloat16, or auto for the best the device"
                  + " has.");

  public static final ConfigOption<Integer> THREADS =
      key("millrace.threads")
          .intType()
          .defaultValue(0)
          .withDescription(
              "Processor threads for the model; 0: all the processor has, but no more than one for each 8 MB of weights.");

  public static final ConfigOption<Integer> CACHE_TOKENS =
      key("millrace.cache-tokens")
          .intType()
          .defaultValue(0)
          .withDescription("Token slots of the KV cache; 0: what the device's free memory allows.");

  public static final ConfigOption<Integer> STEP_TOKENS =
      key("millrace.step-tokens")
          .intType()
          .defaultValue(0)
          .withDescription("The most tokens one step computes; 0: the device's default.");

  public static final ConfigOption<Integer> MAX_RUNNING =
      key("millrace.max-running")
          .intType()
          .defaultValue(0)
          .withDescription("The most sequences in one step; 0: the device's default.");

  public static final ConfigOption<Boolean> PREFIX_CACHE =
      key("millrace.prefix-cache")
          .booleanType()
          .defaultValue(true)
          .withDescription(
              "Whether prompts that begin with the same tokens are computed once; it costs nothing"
                  + " where they do not.");

  public static final ConfigOption<Duration> ENGINE_LINGER =
      key("millrace.engine-linger")
          .durationType()
          .defaultValue(Duration.ofMinutes(2))
          .withDescription(
              "How long the model stays loaded after its last task has ended, so that a failover"
                  + " finds it there.");

  public static final ConfigOption<Integer> DEFAULT_MAX_TOKENS =
      key("millrace.default-max-tokens")
          .intType()
          .defaultValue(256)
          .withDescription("max_tokens of a request that names none; less where the context ends.");

  public static final ConfigOption<Double> DEFAULT_TEMPERATURE =
      key("millrace.default-temperature")
          .doubleType()
          .defaultValue(0.0)
          .withDescription(
              "temperature of a request that names none; 0: the likeliest token always.");

  public static final ConfigOption<Double> DEFAULT_TOP_P =
      key("millrace.default-top-p")
          .doubleType()
          .defaultValue(1.0)
          .withDescription("top_p of a request that names none.");

  public static final ConfigOption<String> TASKS =
      key("millrace.tasks")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A YAML file of tasks, or a folder of such files, where the job is started: see"
                  + " docs/tasks.md.");

  public static final ConfigOption<String> GUARD_FILE =
      key("millrace.guard.file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A YAML file, where the job is started, of the guards that look at requests and"
                  + " answers: see docs/guard.md. Not set: none.");

  public static final ConfigOption<MemorySize> MAX_RECORD_SIZE =
      key("millrace.max-record-size")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(1))
          .withDescription(
              "A prompt record with more bytes of key, value and headers becomes a dead letter.");

  public static final ConfigOption<String> TENANT_ATTRIBUTE =
      key("millrace.tenant.attribute")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Attribute of a request that names its tenant. Tenants that compete for the engine"
                  + " are admitted tokens in proportion to their shares, and a priority counts only"
                  + " against requests of the same tenant. Empty: requests are not told apart.");

  public static final ConfigOption<Map<String, String>> TENANT_SHARES =
      key("millrace.tenant.shares")
          .mapType()
          .defaultValue(Map.of())
          .withDescription(
              "Shares that are not 1, each as millrace.tenant.shares.TENANT, for example"
                  + " millrace.tenant.shares.nightly: 0.2.");

  public static final ConfigOption<Boolean> REUSE_ENABLED =
      key("millrace.reuse.enabled")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Whether requests with the same answer (same prompt, parameters and model; if"
                  + " sampled, the same seed) share one generation: repeats take the result that is"
                  + " kept in Flink's state, duplicates in flight wait for the first.");

  public static final ConfigOption<Duration> REUSE_TIME_TO_LIVE =
      key("millrace.reuse.time-to-live")
          .durationType()
          .defaultValue(Duration.ofDays(1))
          .withDescription("How long a result is kept for reuse.");

  public static final ConfigOption<Integer> REUSE_MAX_RESULTS =
      key("millrace.reuse.max-results")
          .intType()
          .defaultValue(100_000)
          .withDescription(
              "The most results each parallel task keeps for reuse; the oldest go first.");

  public static final ConfigOption<Double> FAILURE_BUDGET_SHARE =
      key("millrace.failure-budget.share")
          .doubleType()
          .defaultValue(0.0)
          .withDescription(
              "The largest share of dead letters among the outcomes of the window, for example 0.2;"
                  + " above it the job stops with the reason and does not restart. 0: no limit.");

  public static final ConfigOption<Duration> FAILURE_BUDGET_WINDOW =
      key("millrace.failure-budget.window")
          .durationType()
          .defaultValue(Duration.ofMinutes(5))
          .withDescription("The time over which the share of dead letters is taken.");

  public static final ConfigOption<Integer> FAILURE_BUDGET_MINIMUM =
      key("millrace.failure-budget.minimum")
          .intType()
          .defaultValue(100)
          .withDescription(
              "So many outcomes of a parallel task must be in the window before their share can"
                  + " stop the job.");

  public static final ConfigOption<String> TRACING_ENDPOINT =
      key("millrace.tracing.endpoint")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "An OpenTelemetry collector's address for OTLP over HTTP, for example"
                  + " http://collector:4318/v1/traces: each outcome's span goes there, a child of"
                  + " its prompt's traceparent header. Not set: no spans.");

  public static final ConfigOption<Boolean> LOG_REDACT =
      key("millrace.log.redact")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Whether messages that may quote a prompt are left out of logs and of the job's"
                  + " failure; dead letters keep them.");

  public static final ConfigOption<String> BOOTSTRAP_SERVERS =
      key("millrace.bootstrap-servers")
          .stringType()
          .noDefaultValue()
          .withDescription("Kafka's brokers, as host:port,host:port.");

  public static final ConfigOption<String> PROMPTS_TOPIC =
      key("millrace.topics.prompts")
          .stringType()
          .defaultValue("prompts")
          .withDescription("The topic that prompts are read from.");

  public static final ConfigOption<String> COMPLETIONS_TOPIC =
      key("millrace.topics.completions")
          .stringType()
          .defaultValue("completions")
          .withDescription("The topic that completions are written to.");

  public static final ConfigOption<String> LATENCY_TOPIC =
      key("millrace.topics.latency")
          .stringType()
          .defaultValue("completion-latency")
          .withDescription("The topic that says where each completion's time went.");

  public static final ConfigOption<String> DEAD_LETTERS_TOPIC =
      key("millrace.topics.dead-letters")
          .stringType()
          .defaultValue("prompts-dead-letter")
          .withDescription(
              "The topic for prompts that get no completion. It must take records a little larger"
                  + " than the prompts topic does.");

  public static final ConfigOption<Framing> FRAMING =
      key("millrace.topics.framing")
          .enumType(Framing.class)
          .defaultValue(Framing.SINGLE_OBJECT)
          .withDescription(
              "How the Avro records that the job writes name their schema: single-object (its"
                  + " fingerprint) or registry (an id of the schema registry). What is read says"
                  + " itself how it is framed.");

  public static final ConfigOption<String> REGISTRY_URL =
      key("millrace.registry.url")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A schema registry that speaks Confluent's protocol, for example http://registry:8081;"
                  + " Apicurio's does so below /apis/ccompat/v7. Not set: records in a registry's"
                  + " framing cannot be read.");

  public static final ConfigOption<Boolean> REGISTRY_REGISTER =
      key("millrace.registry.register")
          .booleanType()
          .defaultValue(true)
          .withDescription(
              "Whether the job registers the schemas of what it writes, or only looks them up.");

  public static final ConfigOption<SubjectNames> REGISTRY_SUBJECTS =
      key("millrace.registry.subjects")
          .enumType(SubjectNames.class)
          .defaultValue(SubjectNames.TOPIC)
          .withDescription(
              "The subjects that schemas are registered under: topic (TOPIC-value) or topic-record"
                  + " (TOPIC-RECORD, for topics with several kinds of records).");

  public static final ConfigOption<Map<String, String>> REGISTRY_CLIENT =
      key("millrace.registry.client")
          .mapType()
          .defaultValue(Map.of())
          .withDescription(
              "How the registry is connected to, each as millrace.registry.client.NAME:"
                  + " basic.auth.user.info (user:password), bearer.auth.token, and Kafka's ssl.*"
                  + " properties. Secrets are named as in millrace.kafka.*: see docs/security.md.");

  public static final ConfigOption<String> CONSUMER_GROUP =
      key("millrace.consumer-group")
          .stringType()
          .defaultValue("millrace")
          .withDescription(
              "Kafka's consumer group: shows progress, and is where a job without a checkpoint"
                  + " starts.");

  public static final ConfigOption<StartFrom> START_FROM =
      key("millrace.start-from")
          .enumType(StartFrom.class)
          .defaultValue(StartFrom.COMMITTED)
          .withDescription(
              "Where a job without a checkpoint starts to read: committed (the consumer group's"
                  + " offsets, else the earliest), earliest or latest.");

  public static final ConfigOption<Boolean> BOUNDED =
      key("millrace.bounded")
          .booleanType()
          .defaultValue(false)
          .withDescription("Whether the job ends with the last record there is when it starts.");

  public static final ConfigOption<Delivery> DELIVERY =
      key("millrace.delivery")
          .enumType(Delivery.class)
          .defaultValue(Delivery.EXACTLY_ONCE)
          .withDescription(
              "exactly-once writes outcomes in Kafka transactions that commit with Flink's"
                  + " checkpoints: consumers read them with isolation.level=read_committed, a"
                  + " checkpoint interval later. at-least-once writes at once and may repeat"
                  + " outcomes after a failure.");

  public static final ConfigOption<Duration> TRANSACTION_TIMEOUT =
      key("millrace.transaction-timeout")
          .durationType()
          .defaultValue(Duration.ofMinutes(15))
          .withDescription(
              "How long a transaction may stay open. At most the broker's"
                  + " transaction.max.timeout.ms (15 minutes unless changed), and far more than the"
                  + " checkpoint interval plus the longest outage to survive: what expires is"
                  + " lost.");

  public static final ConfigOption<LostTransaction> LOST_TRANSACTION =
      key("millrace.on-lost-transaction")
          .enumType(LostTransaction.class)
          .defaultValue(LostTransaction.FAIL)
          .withDescription(
              "What happens when the broker has aborted a transaction of a completed checkpoint, so"
                  + " that its outcomes are lost: fail ends the job, continue logs and counts it.");

  public static final ConfigOption<Duration> BROKER_PATIENCE =
      key("millrace.broker-patience")
          .durationType()
          .defaultValue(Duration.ofMinutes(10))
          .withDescription(
              "How long the start of the job waits for brokers, or a schema registry, that do not"
                  + " answer. A running job waits for brokers as long as its restart strategy does,"
                  + " by default for ever, and for the registry for ever.");

  public static final ConfigOption<String> TRANSACTIONAL_ID_PREFIX =
      key("millrace.transactional-id-prefix")
          .stringType()
          .defaultValue("millrace")
          .withDescription(
              "Start of the transactional ids; must differ between jobs on one Kafka cluster.");

  public static final ConfigOption<Map<String, String>> KAFKA =
      key("millrace.kafka")
          .mapType()
          .defaultValue(Map.of())
          .withDescription(
              "Properties for Kafka's clients, each as millrace.kafka.NAME, for example"
                  + " millrace.kafka.security.protocol. Secrets belong in a file or the"
                  + " environment, named as ${file:PATH:KEY}, ${directory:PATH:FILE} or"
                  + " ${env:NAME}: see docs/security.md.");

  public static final ConfigOption<String> SECRETS_DIRECTORIES =
      key("millrace.secrets.directories")
          .stringType()
          .defaultValue("")
          .withDescription(
              "Folders, comma separated, whose files the millrace.kafka.* and"
                  + " millrace.registry.client.* settings may name; the same on every machine."
                  + " Files elsewhere are not read.");

  public static final ConfigOption<String> SECRETS_VARIABLES =
      key("millrace.secrets.variables")
          .stringType()
          .defaultValue("")
          .withDescription(
              "Environment variables that the millrace.kafka.* and millrace.registry.client.*"
                  + " settings may name, as a regular expression, for example KAFKA_.*; no others"
                  + " are read.");

  private static final List<ConfigOption<?>> ALL =
      List.of(
          MODEL_DIRECTORY,
          MODEL_NAME,
          MODEL_SHA256,
          ADAPTERS_DIRECTORY,
          ADAPTERS_SHA256,
          DEVICE,
          PRECISION,
          THREADS,
          CACHE_TOKENS,
          STEP_TOKENS,
          MAX_RUNNING,
          PREFIX_CACHE,
          ENGINE_LINGER,
          DEFAULT_MAX_TOKENS,
          DEFAULT_TEMPERATURE,
          DEFAULT_TOP_P,
          TASKS,
          GUARD_FILE,
          MAX_RECORD_SIZE,
          TENANT_ATTRIBUTE,
          TENANT_SHARES,
          REUSE_ENABLED,
          REUSE_TIME_TO_LIVE,
          REUSE_MAX_RESULTS,
          FAILURE_BUDGET_SHARE,
          FAILURE_BUDGET_WINDOW,
          FAILURE_BUDGET_MINIMUM,
          TRACING_ENDPOINT,
          LOG_REDACT,
          BOOTSTRAP_SERVERS,
          PROMPTS_TOPIC,
          COMPLETIONS_TOPIC,
          LATENCY_TOPIC,
          DEAD_LETTERS_TOPIC,
          FRAMING,
          REGISTRY_URL,
          REGISTRY_REGISTER,
          REGISTRY_SUBJECTS,
          REGISTRY_CLIENT,
          CONSUMER_GROUP,
          START_FROM,
          BOUNDED,
          DELIVERY,
          TRANSACTION_TIMEOUT,
          LOST_TRANSACTION,
          BROKER_PATIENCE,
          TRANSACTIONAL_ID_PREFIX,
          KAFKA,
          SECRETS_DIRECTORIES,
          SECRETS_VARIABLES);

  private MillraceOptions() {}

  /** Every option, in the order in which to explain them. */
  public static List<ConfigOption<?>> all() {
    return ALL;
  }
}
