package dev.millrace.engine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.cache.CacheRange;
import dev.millrace.engine.cache.KvCache;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final KvCache cache = new KvCache(64);
  private final Scheduler scheduler = new Scheduler(new Scheduler.Limits(8, 16), cache);

  /** The worked example of docs/how-it-works.md. */
  @Test
  void prefill_chunked_prefill_and_decode_share_the_steps_of_a_worked_example() {
    Sequence a = add("A", 5, 3);
    Sequence b = add("B", 10, 2);
    Sequence c = add("C", 3, 4);

    assertThat(step()).containsExactly("A 0-5 samples", "B 0-3");
    assertThat(a.cache()).isEqualTo(new CacheRange(0, 8));
    assertThat(b.cache()).isEqualTo(new CacheRange(8, 12));
    assertThat(step()).containsExactly("A 5-6 samples", "B 3-10 samples");
    assertThat(step()).containsExactly("A 6-7 samples", "B 10-11 samples", "C 0-3 samples");
    assertThat(a.isFinished()).isTrue();
    assertThat(b.isFinished()).isTrue();
    assertThat(c.cache()).isEqualTo(new CacheRange(20, 7));
    assertThat(cache.used()).isEqualTo(7);
    assertThat(step()).containsExactly("C 3-4 samples");
    assertThat(step()).containsExactly("C 4-5 samples");
    assertThat(step()).containsExactly("C 5-6 samples");
    assertThat(c.isFinished()).isTrue();
    assertThat(scheduler.isIdle()).isTrue();
    assertThat(cache.used()).isZero();
  }

  @Test
  void resumed_tokens_are_computed_with_the_prompt() {
    scheduler.add(
        new Sequence(request("A", 3, 6).resumeFrom(TokenIds.of(7, 8)).build(), token -> token < 0));
    assertThat(step()).containsExactly("A 0-5 samples");
    assertThat(step()).containsExactly("A 5-6 samples");
  }

  @Test
  void a_prompt_that_begins_with_what_is_being_computed_is_held_and_then_found() {
    add("A", 20, 3);
    add("B", 20, 3); // the same tokens, and so a block of 16 in common
    assertThat(step()).containsExactly("A 0-8");
    assertThat(step()).containsExactly("A 8-16");
    assertThat(step()).containsExactly("A 16-20 samples", "B 16-20 samples");
  }

  @Test
  void a_prompt_that_begins_otherwise_is_not_held() {
    add("A", 20, 3);
    scheduler.add(
        new Sequence(
            GenerateRequest.builder("B", TokenIds.of(IntStream.range(1, 21).toArray())).build(),
            token -> false));
    step();
    step();
    assertThat(step()).containsExactly("A 16-20 samples", "B 0-4");
  }

  @Test
  void a_held_prompt_is_computed_if_the_sequence_it_waits_for_is_cancelled() {
    Sequence a = add("A", 20, 3);
    add("B", 20, 3);
    assertThat(step()).containsExactly("A 0-8");
    scheduler.cancel(a);
    assertThat(step()).containsExactly("B 0-8");
  }

  @Test
  void a_sequence_counts_the_tokens_of_its_prompt_that_were_cached() {
    add("A", 24, 1);
    while (!scheduler.isIdle()) {
      step();
    }
    Sequence b = add("B", 24, 3);
    step();
    assertThat(b.cachedPromptTokens()).isEqualTo(16);
    assertThat(b.computed()).isEqualTo(24);
  }

  @Test
  void no_more_sequences_run_than_the_limit_allows() {
    Scheduler narrow = new Scheduler(new Scheduler.Limits(8, 1), cache);
    narrow.add(new Sequence(request("A", 1, 2).build(), token -> false));
    narrow.add(new Sequence(request("B", 1, 2).build(), token -> false));
    assertThat(narrow.next().size()).isEqualTo(1);
    assertThat(narrow.runningCount()).isEqualTo(1);
    assertThat(narrow.waitingCount()).isEqualTo(1);
  }

  @Test
  void a_sequence_without_a_finite_token_ends_unfinished_and_gives_its_cache_back() {
    Sequence a = add("A", 3, 4);
    StepPlan plan = scheduler.next();
    SampledToken invalid = new SampledToken(-1, false, Optional.empty(), List.of());
    assertThat(scheduler.commit(plan, List.of(invalid))).containsExactly(a);
    assertThat(a.isFinished()).isFalse();
    assertThat(a.generatedCount()).isZero();
    assertThat(cache.used()).isZero();
  }

  @Test
  void what_can_never_fit_the_cache_is_refused() {
    assertThatThrownBy(() -> add("A", 60, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65")
        .hasMessageContaining("64");
  }

  @Test
  void a_step_that_admits_nobody_looks_no_further_into_a_queue_a_thousand_times_as_long() {
    assertThat(looksOfAStep(100_000)).isEqualTo(looksOfAStep(100));
  }

  @Test
  void admitting_from_a_queue_a_thousand_times_as_long_looks_at_hardly_more() {
    long few = looksOfAnAdmission(100);
    long many = looksOfAnAdmission(100_000);
    assertThat(few).isPositive();
    assertThat(many).isLessThan(5 * few).isLessThan(200);
  }

  private long looksOfAStep(int length) {
    Scheduler full = waiting(length);
    step(full);
    long before = full.queueLooks();
    step(full);
    return full.queueLooks() - before;
  }

  /** What it takes to end a sequence and to admit the next of so many. */
  private long looksOfAnAdmission(int length) {
    Scheduler full = waiting(length);
    StepPlan first = step(full);
    long before = full.queueLooks();
    full.drop(first.chunks().get(0).sequence());
    assertThat(step(full).size()).isEqualTo(1);
    return full.queueLooks() - before;
  }

  /** With one sequence running at a time and the others in the queue. */
  private Scheduler waiting(int length) {
    Scheduler narrow = new Scheduler(new Scheduler.Limits(8, 1), cache);
    for (int i = 0; i < length; i++) {
      narrow.add(new Sequence(request("s" + i, 1, 3).priority(i % 3).build(), token -> false));
    }
    return narrow;
  }

  private static StepPlan step(Scheduler scheduler) {
    scheduler.passTime(NOW);
    StepPlan plan = scheduler.next();
    scheduler.commit(plan, Collections.nCopies(plan.size(), SampledToken.of(1)));
    return plan;
  }

  private Sequence add(String id, int promptTokens, int maxTokens) {
    Sequence sequence = new Sequence(request(id, promptTokens, maxTokens).build(), token -> false);
    scheduler.add(sequence);
    return sequence;
  }

  private static GenerateRequest.Builder request(String id, int promptTokens, int maxTokens) {
    return GenerateRequest.builder(id, TokenIds.of(new int[promptTokens])).maxTokens(maxTokens);
  }

  /** Runs a step whose sampled tokens do not matter and tells its plan. */
  private List<String> step() {
    StepPlan plan = scheduler.next();
    int sampling = (int) plan.chunks().stream().filter(Chunk::samples).count();
    List<String> told =
        plan.chunks().stream()
            .map(
                chunk ->
                    "%s %d-%d%s"
                        .formatted(
                            chunk.sequence().request().id(),
                            chunk.start(),
                            chunk.end(),
                            chunk.samples() ? " samples" : ""))
            .toList();
    scheduler.commit(plan, Collections.nCopies(sampling, SampledToken.of(9)));
    return told;
  }
}
