package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.scheduler.Chunk;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepReportTest {
  private static final StepReport.Times TIMES = new StepReport.Times(1, 2, 3, 4);

  @Test
  void counts_what_each_token_attends_to() {
    // Tokens 2, 3 and 4 of one sequence see 3, 4 and 5 tokens; token 9 of the other sees 10.
    StepReport report = StepReport.of(plan(chunk(2, 3), chunk(9, 1)), 1, TIMES);
    assertThat(report.attendedTokens()).isEqualTo(3 + 4 + 5 + 10);
    assertThat(report.contextTokens()).isEqualTo(5 + 10);
    assertThat(report.tokens()).isEqualTo(4);
    assertThat(report.sequences()).isEqualTo(2);
    assertThat(report.isDecode()).isFalse();
    assertThat(report.times().total()).isEqualTo(10);
  }

  @Test
  void a_step_of_one_token_per_sequence_is_a_decode() {
    assertThat(StepReport.of(plan(chunk(7, 1), chunk(9, 1)), 2, TIMES).isDecode()).isTrue();
  }

  private static StepPlan plan(Chunk... chunks) {
    return new StepPlan(List.of(chunks));
  }

  private static Chunk chunk(int start, int count) {
    GenerateRequest request = GenerateRequest.builder("r", TokenIds.of(new int[20])).build();
    return new Chunk(new Sequence(request, token -> false), start, count);
  }
}
