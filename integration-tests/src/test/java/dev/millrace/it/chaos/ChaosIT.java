package dev.millrace.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** One fault of each kind, on a cluster of real processes. {@code chaos.sh} makes it many. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChaosIT {
  private static final List<Fault> FAULTS =
      List.of(
          Fault.TASK_MANAGER_KILLED,
          Fault.RESCALED,
          Fault.TASK_MANAGER_FROZEN,
          Fault.CANCELLED_AND_RESTORED,
          Fault.BROKER_KILLED,
          Fault.JOB_MANAGER_KILLED,
          Fault.DISK_FULL,
          Fault.POISON_FLOOD,
          Fault.RESCALED);
  private static final int PROMPTS = 1_000;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path folder;

  private ChaosReport report;

  @BeforeAll
  void injure_a_cluster_while_it_generates() throws Exception {
    report = new ChaosRun(FAULTS, new Workload(PROMPTS, 1), 1, Map.of()).run(folder);
    report.write(Path.of("target/chaos"));
  }

  @Test
  void no_prompt_is_lost() {
    assertThat(report.lost()).isEmpty();
  }

  @Test
  void no_prompt_has_two_outcomes() {
    assertThat(report.duplicated()).isEmpty();
  }

  @Test
  void every_completion_has_exactly_one_latency_record() {
    assertThat(report.withoutOneLatency()).isEmpty();
  }

  @Test
  void good_prompts_are_completed_and_bad_ones_are_dead_letters_with_their_code() {
    assertThat(report.wrong()).isEmpty();
  }

  @Test
  void every_text_is_that_of_an_undisturbed_run() {
    assertThat(report.differing()).isEmpty();
    assertThat(report.rounded()).hasSizeLessThan(PROMPTS / 200);
  }

  @Test
  void generations_go_on_from_the_tokens_of_the_checkpoint() {
    assertThat(report.resumed()).isPositive();
    assertThat(report.tokensAgain()).isLessThanOrEqualTo(report.allowedAgain());
  }

  @Test
  void a_model_stays_loaded_as_long_as_its_process_and_its_settings_stay() {
    assertThat(report.injuries())
        .filteredOn(injury -> injury.fault() != Fault.TASK_MANAGER_KILLED)
        .filteredOn(injury -> injury.fault() != Fault.RESCALED)
        .extracting(ChaosReport.Injury::modelLoads)
        .containsOnly(0);
  }
}
