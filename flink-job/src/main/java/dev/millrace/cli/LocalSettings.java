package dev.millrace.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.model.ModelRuntimeFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;

/**
 * What a {@link LocalPipeline} runs on.
 *
 * @param folder where broker and job keep their data
 * @param checkpoint the model's folder
 * @param tasks a task file or a folder of them; empty: the job has no tasks
 * @param guard a guard file; empty: nobody looks at requests and answers
 * @param brokerPort where Kafka clients connect
 * @param webPort Flink's web UI; 0: a free port
 * @param commitInterval how long a finished outcome waits at most until readers see it
 * @param job further settings of the job's
 * @param models opens the model
 */
record LocalSettings(
    Path folder,
    Path checkpoint,
    Optional<Path> tasks,
    Optional<Path> guard,
    int brokerPort,
    int webPort,
    Duration commitInterval,
    Configuration job,
    ModelRuntimeFactory models) {
  LocalSettings {
    requireNonNull(folder, "folder");
    requireNonNull(checkpoint, "checkpoint");
    requireNonNull(tasks, "tasks");
    requireNonNull(guard, "guard");
    requireNonNull(job, "job");
    requireNonNull(models, "models");
    if (commitInterval.compareTo(Duration.ofMillis(100)) < 0) {
      throw new IllegalArgumentException("commit interval " + commitInterval + ": at least 100 ms");
    }
  }

  Path brokerFolder() {
    return folder.resolve("broker");
  }

  Path checkpointFolder() {
    return folder.resolve("checkpoints");
  }
}
