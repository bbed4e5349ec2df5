package dev.millrace.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is away for longer than everything that waits for it. */
class OutageIT {
  /** The outage is of 12 seconds and more, so that each of these is over before it ends. */
  private static final Map<String, String> SHORT_TIMEOUTS =
      Map.of(
          "millrace.transaction-timeout", "10 s",
          "millrace.kafka.request.timeout.ms", "4000",
          "millrace.kafka.delivery.timeout.ms", "8000",
          "millrace.kafka.max.block.ms", "8000");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void a_job_waits_for_a_broker_that_is_away_longer_than_its_timeouts_and_resumes()
      throws Exception {
    ChaosReport report =
        new ChaosRun(List.of(Fault.BROKER_AWAY), new Workload(300, 1), 1, SHORT_TIMEOUTS)
            .run(folder);

    assertThat(report.completions()).isEqualTo(300);
    assertThat(report.resumed()).as("the job was restarted").isPositive();
    assertThat(report.isFlawless()).as(report.markdown()).isTrue();
  }
}
