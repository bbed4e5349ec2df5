package dev.millrace.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What a job leaves behind in a task manager when it is cancelled for good. */
class CancelIT {
  private static final int WIDE = 98_304;
  private static final long MEGABYTE = 1 << 20;
  private static final long WEIGHTS = 2L * 3 * 64 * WIDE * Float.BYTES;
  private static final Duration LINGER = Duration.ofSeconds(15);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void the_memory_of_the_model_is_free_when_its_linger_time_is_over() throws Exception {
    Path model =
        new TinyCheckpoint().shape(64, WIDE, 2).endOfSequence(511).write(folder.resolve("model"));
    Map<String, String> settings =
        Map.of(
            "millrace.engine-linger", LINGER.toSeconds() + " s", "millrace.cache-tokens", "1024");
    try (ChaosCluster cluster = new ChaosCluster(folder, model, settings)) {
      cluster.startJob();
      List<Workload.Prompt> prompts = new Workload(3, 1).prompts();
      cluster.send(prompts);
      cluster.awaitOutcomes(prompts.size());
      ChildJvm process = generating(cluster);
      long serving = process.residentBytes();
      assertThat(serving).as("the weights are in memory").isGreaterThan(WEIGHTS);

      cluster.cancelJob();
      assertThat(process.residentBytes())
          .as("the model lingers, should the job come back")
          .isGreaterThan(serving - WEIGHTS / 2);
      Waiting.until(
          "the memory of %d MB of weights is free, of %d MB when they were in use"
              .formatted(WEIGHTS / MEGABYTE, serving / MEGABYTE),
          LINGER.multipliedBy(5),
          () -> process.residentBytes() < serving - WEIGHTS * 9 / 10);
      assertThat(process.isAlive()).isTrue();
    }
  }

  private static ChildJvm generating(ChaosCluster cluster) {
    return cluster.flink().taskManager(cluster.flink().rest().taskManagersOf(cluster.job()).get(0));
  }
}
