package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.StepReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepCostTest {
  private static final StepReport.Times NO_TIME = new StepReport.Times(0, 0, 0, 0);

  @TempDir Path directory;

  @Test
  void counts_weights_cache_and_embedding_once_and_the_head_for_sampled_rows() throws IOException {
    ModelConfig config = Checkpoint.open(new TinyCheckpoint().write(directory)).config();
    double layer =
        2.0 * config.hiddenSize() * (config.queryWidth() + config.keyValueWidth())
            + 3.0 * config.hiddenSize() * config.intermediateSize();
    double layers = layer * config.layers().size();
    double head = (double) config.vocabularySize() * config.hiddenSize();
    double pairs = 4.0 * config.layers().size() * config.queryWidth();

    StepCost decode =
        StepCost.of(config, FloatType.FLOAT32, new StepReport(2, 2, 2, 30, 30, NO_TIME));
    assertThat(decode.flops()).isCloseTo(2 * 2 * (layers + head) + 30 * pairs, within(1.0));
    assertThat(decode.bytes())
        .isCloseTo(
            4 * (layers + head + 2 * config.hiddenSize())
                + 30.0 * config.cacheBytesPerToken(FloatType.FLOAT32),
            within(1.0));

    StepCost prefill =
        StepCost.of(config, FloatType.BFLOAT16, new StepReport(1, 8, 0, 8, 36, NO_TIME));
    assertThat(prefill.flops()).isCloseTo(2 * 8 * layers + 36 * pairs, within(1.0));
  }

  @Test
  void the_limit_is_whichever_of_memory_and_arithmetic_takes_longer() {
    MachineLimits machine = new MachineLimits(10, 100, 50);
    assertThat(machine.secondsFor(new StepCost(20, 100), FloatType.BFLOAT16)).isEqualTo(2);
    assertThat(machine.secondsFor(new StepCost(20, 400), FloatType.BFLOAT16)).isEqualTo(4);
    assertThat(machine.secondsFor(new StepCost(20, 400), FloatType.FLOAT32)).isEqualTo(8);
  }

  @Test
  void the_mean_of_limits_is_that_of_each_rate() {
    List<MachineLimits> measured =
        List.of(new MachineLimits(10, 100, 50), new MachineLimits(20, 300, 50));
    assertThat(MachineLimits.mean(measured)).isEqualTo(new MachineLimits(15, 200, 50));
    assertThatThrownBy(() -> MachineLimits.mean(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
