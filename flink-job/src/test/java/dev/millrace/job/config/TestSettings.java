package dev.millrace.job.config;

import dev.millrace.job.guard.GuardFile;
import dev.millrace.job.task.TaskFiles;
import java.util.Map;
import org.apache.flink.configuration.Configuration;

/** Settings that tests share. */
public final class TestSettings {
  private TestSettings() {}

  /** What must be set, and every default. */
  public static JobSettings defaults() {
    return JobSettings.from(minimal());
  }

  /** The defaults with some settings changed. */
  public static JobSettings with(String key, String value, String... more) {
    Configuration config = minimal();
    config.setString(key, value);
    for (int i = 0; i < more.length; i += 2) {
      config.setString(more[i], more[i + 1]);
    }
    return JobSettings.from(config);
  }

  /** The defaults with a task file. */
  public static JobSettings withTasks(String yaml) {
    return with(defaults(), TaskFiles.of("tasks.yaml", yaml), GuardFile.none());
  }

  /** The defaults with a guard file. */
  public static JobSettings withGuard(String yaml) {
    return withGuard(defaults(), yaml);
  }

  /** Other settings with a guard file. */
  public static JobSettings withGuard(JobSettings settings, String yaml) {
    return with(settings, settings.tasks(), new GuardFile("guard.yaml", yaml));
  }

  private static JobSettings with(JobSettings defaults, TaskFiles tasks, GuardFile guard) {
    return new JobSettings(
        defaults.model(),
        defaults.defaults(),
        defaults.tenants(),
        defaults.reuse(),
        defaults.failureBudget(),
        defaults.tracing(),
        defaults.kafka(),
        defaults.registry(),
        tasks,
        guard);
  }

  static Configuration minimal() {
    return Configuration.fromMap(
        Map.of(
            "millrace.model.directory", "/models/llama",
            "millrace.bootstrap-servers", "localhost:9092"));
  }
}
