package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.guard.GuardFile;
import dev.millrace.job.task.TaskFiles;
import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;

/**
 * Everything the job was told, checked. Made by {@link SettingsReader}.
 *
 * @param tasks the task files' text, known to be without mistakes
 * @param guard the guard file's text, known to be without mistakes
 */
public record JobSettings(
    ModelSettings model,
    RequestDefaults defaults,
    TenantSettings tenants,
    ReuseSettings reuse,
    FailureBudgetSettings failureBudget,
    TracingSettings tracing,
    KafkaSettings kafka,
    RegistrySettings registry,
    TaskFiles tasks,
    GuardFile guard)
    implements Serializable {
  public JobSettings {
    requireNonNull(model, "model");
    requireNonNull(defaults, "defaults");
    requireNonNull(tenants, "tenants");
    requireNonNull(reuse, "reuse");
    requireNonNull(failureBudget, "failureBudget");
    requireNonNull(tracing, "tracing");
    requireNonNull(kafka, "kafka");
    requireNonNull(registry, "registry");
    requireNonNull(tasks, "tasks");
    requireNonNull(guard, "guard");
  }

  /**
   * Every model that the job runs, each once: the guard's before the job's own, which by default
   * takes what memory is left.
   */
  public List<ModelSettings> models() {
    return Stream.concat(
            guard.guards().model().map(wanted -> wanted.settings(model)).stream(), Stream.of(model))
        .distinct()
        .toList();
  }

  /**
   * Reads and checks the settings.
   *
   * @throws ConfigurationException if a key is unknown or missing or a value is impossible
   */
  public static JobSettings from(org.apache.flink.configuration.ReadableConfig config) {
    return new SettingsReader(config).read();
  }
}
