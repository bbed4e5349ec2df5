package dev.millrace.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.report.Outcomes;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationResult;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PipelineViewTest {
  private static final Duration AT_ONCE = Duration.ofMillis(1);

  private long now = 1_000_000;
  private final PipelineView view = new PipelineView(() -> now);

  @Test
  void aPageGetsEverythingFirstAndThenOnlyWhatIsNew() throws Exception {
    view.completion(Outcomes.completion("a", 5), true);
    tick();
    Update first = update(0);
    assertThat(first.fresh()).isTrue();
    assertThat(first.completions()).extracting(CompletionLine::id).containsExactly("a");

    view.completion(Outcomes.completion("b", 5), true);
    assertThat(view.after(first.version(), AT_ONCE)).as("before the next tick").isEmpty();
    tick();
    Update second = update(first.version());
    assertThat(second.fresh()).isFalse();
    assertThat(second.completions()).extracting(CompletionLine::id).containsExactly("b");
    assertThat(second.samples()).hasSize(1);
  }

  @Test
  void aPageThatWasTooSlowGetsTheLatestOnly() throws Exception {
    tick();
    long slow = update(0).version();
    for (int i = 0; i < 5_000; i++) {
      view.completion(Outcomes.completion("id-" + i, 5), true);
      tick();
    }
    Update late = update(slow);
    assertThat(late.samples()).hasSize(PipelineView.SAMPLES);
    assertThat(late.completions()).hasSize(PipelineView.OUTCOMES);
    assertThat(late.completions().get(PipelineView.OUTCOMES - 1).id()).isEqualTo("id-4999");
  }

  @Test
  void itNeverGrowsHoweverMuchAndHoweverLargeTheRecordsAre() throws Exception {
    String large = "x".repeat(20_000);
    for (int i = 0; i < 3_000; i++) {
      GenerationResult result = Outcomes.completion(large + i, 5);
      result.setText(large);
      view.completion(result, true);
      DeadLetter letter = Outcomes.deadLetter(large + i);
      letter.setCode("CODE_" + i);
      letter.setMessage(large);
      letter.setValue(ByteBuffer.wrap(large.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      view.deadLetter(letter, true);
      view.latency(Outcomes.latency("a", 100));
      now++;
    }
    IntStream.range(0, 2_000).forEach(i -> tick());

    Update all = update(0);
    assertThat(JsonMapper.builder().build().writeValueAsBytes(all)).hasSizeLessThan(700_000);
    assertThat(all.codes()).hasSizeLessThanOrEqualTo(65);
    assertThat(all.codes().stream().mapToLong(CodeCounts.CodeCount::count).sum()).isEqualTo(3_000);
    assertThat(all.totals().deadLetters()).isEqualTo(3_000);
  }

  @Test
  void whatWasThereBeforeIsShownButNotCounted() throws Exception {
    view.completion(Outcomes.completion("old", 5), false);
    view.deadLetter(Outcomes.deadLetter("old"), false);
    view.promptsEnd(1_000);
    tick();
    Update update = update(0);
    assertThat(update.completions()).singleElement().extracting(CompletionLine::at).isNull();
    assertThat(update.codes()).hasSize(1);
    assertThat(update.totals())
        .extracting(Update.Totals::prompts, Update.Totals::completions, Update.Totals::deadLetters)
        .containsExactly(0L, 0L, 0L);
    view.promptsEnd(1_010);
    tick();
    assertThat(update(0).totals().prompts()).isEqualTo(10);
  }

  @Test
  void percentilesAreThoseOfTheLastMinute() throws Exception {
    view.latency(Outcomes.latency("slow", 90_000));
    now += 61_000;
    IntStream.rangeClosed(1, 100).forEach(i -> view.latency(Outcomes.latency("a", i * 10)));
    tick();
    assertThat(latest().total()).containsExactly(500.0, 950.0, 990.0);
    assertThat(latest().firstToken()).containsExactly(3.0, 3.0, 3.0);
    now += 61_000;
    tick();
    assertThat(latest().total()).as("nothing came").isEmpty();
  }

  @Test
  void theEnginesFiguresBecomeSharesAndItsTokensARate() throws Exception {
    for (int second = 0; second < 5; second++) {
      view.engine(
          new EngineFigures(
              "millrace m",
              "RUNNING",
              2,
              Map.of(
                  "engine.runningRequests", 8.0,
                  "engine.maxRunningRequests", 32.0,
                  "engine.kvCacheUsedTokens", 50.0,
                  "engine.kvCacheTokens", 100.0,
                  "engine.steps", 4.0,
                  "engine.stepSeconds", 0.2,
                  "engine.generatedTokens", 100.0 * second)));
      tick();
    }
    assertThat(latest().batch()).isEqualTo(0.25);
    assertThat(latest().cache()).isEqualTo(0.5);
    assertThat(latest().tokens()).isEqualTo(100);
    assertThat(update(0).engine().stepMillis()).isEqualTo(50);
    assertThat(update(0).job()).isEqualTo("millrace m");
  }

  @Test
  void withoutFlinkTheTokensAreThoseOfTheCompletions() throws Exception {
    view.engineUnknown("away");
    for (int second = 0; second < 5; second++) {
      tick();
      view.completion(Outcomes.completion("a", 30), true);
    }
    assertThat(latest().tokens()).isEqualTo(30);
    assertThat(latest().running()).isNull();
    assertThat(update(0).flink()).isEqualTo("away");
  }

  @Test
  void anExcerptIsNeverHalfACharacter() {
    assertThat(Excerpt.of("ab😀cd", 3)).isEqualTo("ab …");
    assertThat(Excerpt.of("ab😀cd", 4)).isEqualTo("ab😀 …");
    assertThat(Excerpt.of("abc", 3)).isEqualTo("abc");
  }

  private void tick() {
    now += 1_000;
    view.tick();
  }

  private Update update(long known) throws InterruptedException {
    Optional<Update> update = view.after(known, AT_ONCE);
    assertThat(update).isPresent();
    return update.get();
  }

  private Sample latest() throws InterruptedException {
    List<Sample> samples = update(0).samples();
    return samples.get(samples.size() - 1);
  }
}
