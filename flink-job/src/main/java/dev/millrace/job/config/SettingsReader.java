package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Device;
import dev.millrace.engine.Precision;
import dev.millrace.engine.Tenant;
import dev.millrace.job.guard.GuardFile;
import dev.millrace.job.guard.Guards;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskFiles;
import dev.millrace.job.task.Tasks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;

/** Turns Flink's configuration into {@link JobSettings}, naming the key of whatever is wrong. */
final class SettingsReader {
  private final ReadableConfig config;

  SettingsReader(ReadableConfig config) {
    this.config = requireNonNull(config, "config");
  }

  JobSettings read() {
    UnknownKeys.refuse(config.toMap().keySet());
    ModelSettings model = model();
    TaskFiles files = taskFiles();
    Tasks tasks = files.tasks();
    refuseOtherModels(tasks, model);
    return new JobSettings(
        model,
        defaults(),
        tenants(),
        reuse(),
        failureBudget(),
        tracing(),
        kafka(tasks),
        registry(),
        files,
        guard(tasks, model));
  }

  private GuardFile guard(Tasks tasks, ModelSettings model) {
    Optional<String> place = config.getOptional(MillraceOptions.GUARD_FILE);
    GuardFile file = place.map(text -> GuardFile.read(Path.of(text))).orElseGet(GuardFile::none);
    Guards guards = file.guards();
    guards.requireThoseOf(tasks);
    guards.model().ifPresent(wanted -> wanted.settings(model)); // or a mistake
    return file;
  }

  ClusterSettings readCluster() {
    UnknownKeys.refuse(config.toMap().keySet());
    return new ClusterSettings(
        required(MillraceOptions.BOOTSTRAP_SERVERS), kafkaClient(), topics(), registry());
  }

  private TaskFiles taskFiles() {
    Optional<String> place = config.getOptional(MillraceOptions.TASKS);
    return place.map(text -> TaskFiles.read(Path.of(text))).orElseGet(TaskFiles::none);
  }

  private static void refuseOtherModels(Tasks tasks, ModelSettings model) {
    for (TaskDefinition task : tasks.all()) {
      if (!task.model().orElse(model.name()).equals(model.name())) {
        throw new ConfigurationException(
            "%s: task '%s' is for the model '%s', but this job serves '%s': change its model, or leave it out"
                .formatted(
                    MillraceOptions.TASKS.key(), task.name(), task.model().get(), model.name()));
      }
    }
  }

  private ModelSettings model() {
    String directory = required(MillraceOptions.MODEL_DIRECTORY);
    return new ModelSettings(
        directory,
        config
            .getOptional(MillraceOptions.MODEL_NAME)
            .orElseGet(() -> Path.of(directory).toAbsolutePath().normalize().getFileName() + ""),
        value(MillraceOptions.ADAPTERS_DIRECTORY),
        parsed(MillraceOptions.DEVICE, Device::parse),
        parsed(MillraceOptions.PRECISION, Precision::parse),
        atLeast(0, MillraceOptions.THREADS),
        atLeast(0, MillraceOptions.CACHE_TOKENS),
        atLeast(0, MillraceOptions.STEP_TOKENS),
        atLeast(0, MillraceOptions.MAX_RUNNING),
        value(MillraceOptions.PREFIX_CACHE),
        checked(MillraceOptions.ENGINE_LINGER, linger -> !linger.isNegative(), "0 or longer"),
        checked(
            MillraceOptions.MODEL_SHA256,
            digest -> digest.isEmpty() || isSha256(digest),
            "64 hexadecimal digits"),
        checked(
            MillraceOptions.ADAPTERS_SHA256,
            digests -> digests.values().stream().allMatch(SettingsReader::isSha256),
            "64 hexadecimal digits each"));
  }

  private static boolean isSha256(String digest) {
    return digest.matches("(?i)[0-9a-f]{64}");
  }

  private RequestDefaults defaults() {
    return new RequestDefaults(
        atLeast(1, MillraceOptions.DEFAULT_MAX_TOKENS),
        checked(
            MillraceOptions.DEFAULT_TEMPERATURE,
            value -> value >= 0 && Double.isFinite(value),
            "0 or greater"),
        checked(
            MillraceOptions.DEFAULT_TOP_P,
            value -> value > 0 && value <= 1,
            "greater than 0 and at most 1"),
        checked(MillraceOptions.MAX_RECORD_SIZE, size -> size.getBytes() > 0, "at least 1 byte")
            .getBytes());
  }

  private TenantSettings tenants() {
    return new TenantSettings(
        config.getOptional(MillraceOptions.TENANT_ATTRIBUTE).orElse(""), tenantShares());
  }

  private Map<String, Double> tenantShares() {
    Map<String, Double> shares = new HashMap<>();
    value(MillraceOptions.TENANT_SHARES)
        .forEach((tenant, share) -> shares.put(tenant, tenantShare(tenant, share)));
    return shares;
  }

  private static double tenantShare(String tenant, String share) {
    try {
      return new Tenant(tenant, Double.parseDouble(share)).share();
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "%s.%s: '%s' must be a number greater than 0"
              .formatted(MillraceOptions.TENANT_SHARES.key(), tenant, share),
          e);
    }
  }

  private ReuseSettings reuse() {
    return new ReuseSettings(
        value(MillraceOptions.REUSE_ENABLED),
        checked(MillraceOptions.REUSE_TIME_TO_LIVE, SettingsReader::isPositive, "longer than 0"),
        atLeast(1, MillraceOptions.REUSE_MAX_RESULTS));
  }

  private FailureBudgetSettings failureBudget() {
    return new FailureBudgetSettings(
        checked(
            MillraceOptions.FAILURE_BUDGET_SHARE,
            share -> share >= 0 && share < 1,
            "0 (no limit) or greater, and less than 1"),
        checked(MillraceOptions.FAILURE_BUDGET_WINDOW, SettingsReader::isPositive, "longer than 0"),
        atLeast(1, MillraceOptions.FAILURE_BUDGET_MINIMUM),
        !value(MillraceOptions.LOG_REDACT));
  }

  private TracingSettings tracing() {
    return new TracingSettings(
        config
            .getOptional(MillraceOptions.TRACING_ENDPOINT)
            .map(
                endpoint -> {
                  requireHttp(endpoint);
                  return endpoint;
                })
            .orElse(""));
  }

  private static void requireHttp(String endpoint) {
    if (!endpoint.matches("https?://[^/\\s]+/\\S+")) {
      throw new ConfigurationException(
          "%s: '%s' must be a URL such as http://collector:4318/v1/traces"
              .formatted(MillraceOptions.TRACING_ENDPOINT.key(), endpoint));
    }
  }

  private static boolean isPositive(Duration duration) {
    return duration.toMillis() > 0;
  }

  private KafkaSettings kafka(Tasks tasks) {
    return new KafkaSettings(
        required(MillraceOptions.BOOTSTRAP_SERVERS),
        topics(),
        List.copyOf(tasks.topics()),
        tasks.outputTopics(),
        required(MillraceOptions.CONSUMER_GROUP),
        value(MillraceOptions.START_FROM),
        value(MillraceOptions.BOUNDED),
        value(MillraceOptions.DELIVERY),
        transactionTimeout(),
        value(MillraceOptions.LOST_TRANSACTION),
        checked(MillraceOptions.BROKER_PATIENCE, patience -> !patience.isNegative(), "0 or longer"),
        required(MillraceOptions.TRANSACTIONAL_ID_PREFIX),
        kafkaClient());
  }

  private Topics topics() {
    return new Topics(
        required(MillraceOptions.PROMPTS_TOPIC),
        required(MillraceOptions.COMPLETIONS_TOPIC),
        required(MillraceOptions.LATENCY_TOPIC),
        required(MillraceOptions.DEAD_LETTERS_TOPIC));
  }

  private Map<String, String> kafkaClient() {
    return secrets().provideFor(MillraceOptions.KAFKA_PREFIX, value(MillraceOptions.KAFKA));
  }

  private ClientSecrets secrets() {
    return new ClientSecrets(
        value(MillraceOptions.SECRETS_DIRECTORIES), value(MillraceOptions.SECRETS_VARIABLES));
  }

  private RegistrySettings registry() {
    String url = config.getOptional(MillraceOptions.REGISTRY_URL).orElse("").strip();
    if (!url.isEmpty() && !url.matches("https?://[^/\\s@]+(/\\S*)?")) {
      throw new ConfigurationException(
          "%s: '%s' must be a URL such as http://registry:8081, without a password"
              .formatted(MillraceOptions.REGISTRY_URL.key(), url.replaceAll("//.*@", "//...@")));
    }
    return new RegistrySettings(
        url.replaceAll("/+$", ""),
        value(MillraceOptions.FRAMING),
        value(MillraceOptions.REGISTRY_SUBJECTS),
        value(MillraceOptions.REGISTRY_REGISTER),
        secrets()
            .provideFor(
                MillraceOptions.REGISTRY_CLIENT_PREFIX, value(MillraceOptions.REGISTRY_CLIENT)));
  }

  private Duration transactionTimeout() {
    return checked(
        MillraceOptions.TRANSACTION_TIMEOUT,
        timeout -> timeout.toMillis() >= 1 && timeout.toMillis() <= Integer.MAX_VALUE,
        "between 1 ms and 24 days");
  }

  private String required(ConfigOption<String> option) {
    String value = config.getOptional(option).orElse(option.defaultValue());
    if (value == null || value.isBlank()) {
      throw new ConfigurationException(
          option.key() + " is not set: " + UnknownKeys.description(option));
    }
    return value;
  }

  private int atLeast(int least, ConfigOption<Integer> option) {
    return checked(option, value -> value >= least, least + " or greater");
  }

  private String parsed(ConfigOption<String> option, Consumer<String> parser) {
    String value = value(option);
    try {
      parser.accept(value);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(option.key() + ": " + e.getMessage(), e);
    }
    return value;
  }

  private <T> T checked(ConfigOption<T> option, Predicate<T> fits, String range) {
    T value = value(option);
    if (!fits.test(value)) {
      throw new ConfigurationException(option.key() + ": " + value + " must be " + range);
    }
    return value;
  }

  private <T> T value(ConfigOption<T> option) {
    try {
      return config.get(option);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "%s: '%s' is no value for it: %s"
              .formatted(
                  option.key(),
                  config.toMap().getOrDefault(option.key(), ""),
                  UnknownKeys.description(option)),
          e);
    }
  }
}
