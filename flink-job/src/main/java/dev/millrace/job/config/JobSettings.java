package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.task.TaskFiles;
import java.io.Serializable;

/**
 * Everything the job was told, checked. Made by {@link SettingsReader}.
 *
 * @param tasks the task files' text, known to be without mistakes
 */
public record JobSettings(
    ModelSettings model,
    RequestDefaults defaults,
    TenantSettings tenants,
    ReuseSettings reuse,
    FailureBudgetSettings failureBudget,
    TracingSettings tracing,
    KafkaSettings kafka,
    TaskFiles tasks)
    implements Serializable {
  public JobSettings {
    requireNonNull(model, "model");
    requireNonNull(defaults, "defaults");
    requireNonNull(tenants, "tenants");
    requireNonNull(reuse, "reuse");
    requireNonNull(failureBudget, "failureBudget");
    requireNonNull(tracing, "tracing");
    requireNonNull(kafka, "kafka");
    requireNonNull(tasks, "tasks");
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
