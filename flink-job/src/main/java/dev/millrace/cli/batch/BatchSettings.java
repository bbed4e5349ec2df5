package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.model.ModelRuntimeFactory;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a batch shall do.
 *
 * @param requests makes a request of each row
 * @param into the name of the answers' column, or what their names begin with
 * @param restart whether to forget what was done before
 * @param commitInterval how much work a killed process loses at most
 */
public record BatchSettings(
    Path input,
    Path output,
    RowRequests requests,
    String into,
    JobSettings job,
    ModelRuntimeFactory models,
    boolean restart,
    Duration commitInterval) {
  public BatchSettings {
    requireNonNull(input, "input");
    requireNonNull(output, "output");
    requireNonNull(requests, "requests");
    requireNonNull(into, "into");
    requireNonNull(job, "job");
    requireNonNull(models, "models");
    requireNonNull(commitInterval, "commitInterval");
  }

  /** What two runs must have in common for their answers to belong together. */
  String fingerprint() {
    return "model %s%nrows %s%n".formatted(job.model().directory(), requests.description());
  }
}
