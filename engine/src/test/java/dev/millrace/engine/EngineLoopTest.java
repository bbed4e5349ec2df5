package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.cache.KvCache;
import dev.millrace.engine.model.FakeModel;
import dev.millrace.engine.scheduler.Scheduler;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EngineLoopTest implements EngineLoop.Outcomes {
  private static final int CACHE = 400;
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Map<String, Sequence> finished = new HashMap<>();
  private final Map<String, GenerationException> failed = new HashMap<>();
  private final List<String> order = new ArrayList<>();
  private final FakeModel model = new FakeModel(CACHE);
  private KvCache cache = new KvCache(CACHE);
  private EngineLoop loop = loop(64, 16);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 16, 64, 1000})
  void answers_do_not_depend_on_the_step_budget(int stepTokens) {
    loop = loop(stepTokens, 16);
    List<GenerateRequest> requests = requests(new Random(5), 60);
    requests.forEach(request -> loop.submit(sequence(request)));
    drain();
    assertThat(finished.values())
        .hasSize(60)
        .allSatisfy(s -> assertThat(s.generated()).isEqualTo(expected(s.request())));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void answers_do_not_depend_on_arrival_batch_mix_or_cancellation(long seed) {
    Random random = new Random(seed);
    loop = loop(1 + random.nextInt(100), 1 + random.nextInt(20));
    List<Sequence> submitted = new ArrayList<>();
    for (GenerateRequest request : requests(random, 100)) {
      Sequence sequence = sequence(request);
      submitted.add(sequence);
      loop.submit(sequence);
      while (random.nextInt(3) == 0) {
        loop.step();
      }
      if (random.nextInt(10) == 0) {
        loop.cancel(submitted.get(random.nextInt(submitted.size())));
      }
    }
    drain();
    assertThat(finished.values()).hasSize(100).allSatisfy(this::isRightAsFarAsItWent);
    assertThat(cache.used()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void answers_do_not_depend_on_what_the_prefix_cache_holds(long seed) {
    Random random = new Random(seed);
    loop = loop(1 + random.nextInt(100), 1 + random.nextInt(20));
    model.failOn(plan -> random.nextInt(10) == 0 && plan.size() > 1);
    List<Sequence> submitted = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Sequence sequence = sequence(similar("" + i, random));
      submitted.add(sequence);
      loop.submit(sequence);
      while (random.nextInt(3) == 0) {
        loop.step();
      }
      if (random.nextInt(10) == 0) {
        loop.cancel(submitted.get(random.nextInt(submitted.size())));
      }
    }
    drain();
    assertThat(finished.values()).hasSize(200).allSatisfy(this::isRightAsFarAsItWent);
    assertThat(submitted.stream().mapToInt(Sequence::cachedPromptTokens).sum()).isGreaterThan(500);
    assertThat(cache.used()).isZero();
  }

  @Test
  void what_a_failed_request_computed_is_not_used_by_others() {
    Sequence poisoned = sequence(request("a", 40, 2));
    Sequence same = new Sequence(request("a", 40, 2), token -> false);
    model.poison(poisoned);
    loop.submit(poisoned);
    loop.step();
    assertThat(failed).containsOnlyKeys("a");
    loop.submit(same);
    drain();
    assertThat(same.cachedPromptTokens()).isZero();
    assertThat(same.generated()).isEqualTo(expected(same.request()));
  }

  @Test
  void an_interrupted_request_finds_what_its_first_attempt_computed() {
    GenerateRequest request = request("a", 40, 30);
    Sequence first = new Sequence(request, token -> false);
    loop.submit(first);
    for (int step = 0; step < 25; step++) {
      loop.step();
    }
    loop.cancel(first);
    Sequence second = new Sequence(request.resumedFrom(first.generated()), token -> false);
    loop.submit(second);
    loop.step();
    StepPlan last = model.plans().get(model.plans().size() - 1);
    assertThat(last.chunks().get(0).start()).isEqualTo(64); // of 40 + 25, in blocks of 16
    assertThat(second.cachedPromptTokens()).isEqualTo(40);
  }

  @Test
  void a_request_goes_on_where_an_earlier_attempt_stopped() {
    GenerateRequest request = request("whole", 5, 20);
    TokenIds whole = expected(request);
    for (int resumed = 0; resumed <= whole.size(); resumed++) {
      int[] tokens = Arrays.copyOf(whole.toArray(), resumed);
      String id = "resumed " + resumed;
      loop.submit(
          sequence(
              GenerateRequest.builder(id, request.prompt())
                  .maxTokens(20)
                  .resumeFrom(TokenIds.of(tokens))
                  .build()));
    }
    drain();
    assertThat(finished.values())
        .hasSize(whole.size() + 1)
        .allSatisfy(s -> assertThat(s.generated()).isEqualTo(whole));
  }

  @Test
  void statistics_say_what_was_done_and_what_is_under_way() {
    loop = loop(64, 1);
    GenerateRequest first = request("first", 5, 20);
    loop.submit(sequence(first));
    loop.submit(sequence(request("second", 3, 2)));
    loop.step();
    EngineStatistics early = loop.statistics();
    assertThat(early.running()).isEqualTo(1);
    assertThat(early.maxRunning()).isEqualTo(1);
    assertThat(early.waiting()).isEqualTo(1);
    assertThat(early.usedCacheTokens()).isEqualTo(25);
    assertThat(early.cacheTokens()).isEqualTo(CACHE);
    assertThat(early.steps()).isEqualTo(1);
    assertThat(early.computedTokens()).isEqualTo(5);
    assertThat(early.generatedTokens()).isEqualTo(1);

    drain();
    EngineStatistics end = loop.statistics();
    assertThat(end.running() + end.waiting() + end.usedCacheTokens()).isZero();
    assertThat(end.steps()).isEqualTo(model.plans().size());
    int generated = finished.values().stream().mapToInt(Sequence::generatedCount).sum();
    assertThat(end.generatedTokens()).isEqualTo(generated);
    assertThat(end.computedTokens())
        .as("all but the last token of each")
        .isEqualTo(8 + generated - 2);
  }

  @Test
  void the_one_request_the_model_fails_on_fails_alone() {
    List<Sequence> sequences =
        requests(new Random(3), 12).stream().map(EngineLoopTest::sequence).toList();
    model.poison(sequences.get(7));
    sequences.forEach(loop::submit);
    drain();
    assertThat(failed).containsOnlyKeys("7");
    assertThat(failed.get("7").code()).isEqualTo(GenerationException.Code.GENERATION_FAILED);
    assertThat(failed.get("7")).hasMessageContaining("poisoned");
    assertThat(finished.values()).hasSize(11).allSatisfy(this::isRightAsFarAsItWent);
    assertThat(cache.used()).isZero();
  }

  @Test
  void a_step_that_is_too_large_is_computed_in_parts() {
    model.failOn(plan -> plan.size() > 3);
    requests(new Random(4), 12).forEach(request -> loop.submit(sequence(request)));
    drain();
    assertThat(failed).isEmpty();
    assertThat(finished.values()).hasSize(12).allSatisfy(this::isRightAsFarAsItWent);
  }

  @Test
  void a_prompt_that_memory_is_too_short_for_is_computed_in_smaller_steps() {
    model.failOn(plan -> plan.tokenCount() > 10);
    requests(new Random(4), 12).forEach(request -> loop.submit(sequence(request)));
    drain();
    assertThat(failed).isEmpty();
    assertThat(finished.values()).hasSize(12).allSatisfy(this::isRightAsFarAsItWent);
  }

  @Test
  void steps_grow_again_when_memory_is_back() {
    model.failOn(plan -> plan.tokenCount() > 10);
    loop.submit(new Sequence(request("while short", 40, 100), token -> false));
    drain();
    model.failOn(plan -> false);
    loop.submit(sequence(request("back", 64, 1)));
    loop.step();
    assertThat(lastPlan().tokenCount()).isGreaterThan(10);
    loop.submit(new Sequence(request("much later", 5, 300), token -> false));
    drain();
    loop.submit(sequence(request("whole", 64, 1)));
    loop.step();
    assertThat(lastPlan().tokenCount()).as("the step's whole budget").isEqualTo(64);
  }

  @Test
  void a_request_that_has_no_memory_for_a_single_token_fails_and_the_others_go_on() {
    model.failOn(
        plan ->
            plan.chunks().stream()
                .anyMatch(chunk -> chunk.sequence().request().id().equals("glutton")));
    loop.submit(sequence(request("before", 20, 30)));
    loop.submit(sequence(request("glutton", 20, 30)));
    loop.submit(sequence(request("after", 20, 30)));
    drain();
    assertThat(failed).containsOnlyKeys("glutton");
    assertThat(finished).containsOnlyKeys("before", "after");
  }

  @Test
  void a_stop_token_ends_the_sequence_and_stays_in_it() {
    GenerateRequest request = request("a", 3, 50);
    int third = expected(request).get(2);
    loop.submit(new Sequence(request, token -> token == third));
    drain();
    assertThat(finished.get("a").finishReason()).contains(FinishReason.STOP);
    assertThat(finished.get("a").generated().size()).isEqualTo(3);
  }

  @Test
  void higher_priority_then_earlier_deadline_then_arrival_come_first() {
    loop = loop(64, 1);
    Instant soon = NOW.plusSeconds(60);
    loop.submit(sequence(ordered("arrived first").build()));
    loop.submit(sequence(ordered("later deadline").deadline(soon.plusSeconds(1)).build()));
    loop.submit(sequence(ordered("earlier deadline").deadline(soon).build()));
    loop.submit(sequence(ordered("urgent").priority(1).build()));
    loop.submit(sequence(ordered("arrived last").build()));
    drain();
    assertThat(order)
        .containsExactly(
            "urgent", "earlier deadline", "later deadline", "arrived first", "arrived last");
  }

  @Test
  void a_request_that_expired_in_the_queue_costs_no_step() {
    loop.submit(sequence(ordered("late").deadline(NOW.minus(Duration.ofSeconds(1))).build()));
    drain();
    assertThat(failed.get("late").code()).isEqualTo(GenerationException.Code.DEADLINE_EXPIRED);
    assertThat(model.plans()).isEmpty();
  }

  @Test
  void running_sequences_keep_answering_while_a_long_prompt_is_computed_in_chunks() {
    loop = loop(8, 16);
    loop.submit(sequence(request("short", 2, 30)));
    loop.step();
    loop.submit(sequence(request("long", 100, 5)));
    for (int i = 0; i < 5; i++) {
      loop.step();
    }
    List<StepPlan> plans = model.plans().subList(1, 6);
    assertThat(plans)
        .allSatisfy(
            plan -> {
              assertThat(plan.tokenCount()).isEqualTo(8);
              assertThat(plan.chunks().get(0).count()).isEqualTo(1);
              assertThat(plan.chunks().get(1).count()).isEqualTo(7);
            });
  }

  @Test
  void a_short_request_does_not_overtake_a_long_one_that_waits_for_cache() {
    loop.submit(sequence(request("fills", 200, 100)));
    loop.step();
    loop.submit(sequence(request("long", 100, 100)));
    loop.submit(sequence(request("short", 5, 5)));
    drain();
    assertThat(order).containsExactly("fills", "short", "long");
    int longAdmitted = firstPlanWith("long");
    assertThat(firstPlanWith("short")).isEqualTo(longAdmitted + 1);
  }

  private StepPlan lastPlan() {
    return model.plans().get(model.plans().size() - 1);
  }

  private int firstPlanWith(String id) {
    return IntStream.range(0, model.plans().size())
        .filter(
            i ->
                model.plans().get(i).chunks().stream()
                    .anyMatch(chunk -> chunk.sequence().request().id().equals(id)))
        .findFirst()
        .orElseThrow();
  }

  private void isRightAsFarAsItWent(Sequence sequence) {
    TokenIds expected = expected(sequence.request());
    TokenIds generated = sequence.generated();
    boolean cancelled = sequence.finishReason().orElseThrow() == FinishReason.CANCELLED;
    int length = cancelled ? generated.size() : expected.size();
    assertThat(generated).isEqualTo(TokenIds.of(Arrays.copyOf(expected.toArray(), length)));
  }

  /** What the model says, token by token, with nothing else in the batch and no cache. */
  private static TokenIds expected(GenerateRequest request) {
    int[] tokens = request.prompt().toArray();
    int prompt = tokens.length;
    while (tokens.length < prompt + request.maxTokens()) {
      int next = FakeModel.next(tokens);
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = next;
      if (next == FakeModel.END_OF_SEQUENCE) {
        break;
      }
    }
    return TokenIds.of(Arrays.copyOfRange(tokens, prompt, tokens.length));
  }

  private static List<GenerateRequest> requests(Random random, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> request("" + i, 1 + random.nextInt(40), 1 + random.nextInt(40)))
        .toList();
  }

  /** One of a few prompts, cut somewhere. */
  private static GenerateRequest similar(String id, Random random) {
    int[] prompt = new Random(random.nextInt(3)).ints(60, 1, 1000).toArray();
    prompt[20 + random.nextInt(40)] = 1 + random.nextInt(2);
    return GenerateRequest.builder(id, TokenIds.of(Arrays.copyOf(prompt, 1 + random.nextInt(60))))
        .maxTokens(1 + random.nextInt(30))
        .build();
  }

  private static GenerateRequest request(String id, int promptTokens, int maxTokens) {
    int[] prompt = new Random(id.hashCode()).ints(promptTokens, 1, 1000).toArray();
    return GenerateRequest.builder(id, TokenIds.of(prompt)).maxTokens(maxTokens).build();
  }

  private static GenerateRequest.Builder ordered(String id) {
    return GenerateRequest.builder(id, TokenIds.of(1, 2, 3)).maxTokens(2);
  }

  private static Sequence sequence(GenerateRequest request) {
    return new Sequence(request, token -> token == FakeModel.END_OF_SEQUENCE);
  }

  private EngineLoop loop(int stepTokens, int maxRunning) {
    cache = new KvCache(CACHE);
    Scheduler scheduler = new Scheduler(new Scheduler.Limits(stepTokens, maxRunning), cache);
    return new EngineLoop(
        scheduler, model, this, EngineListener.NONE, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private void drain() {
    while (!loop.isIdle()) {
      loop.step();
    }
  }

  @Override
  public void finished(Sequence sequence) {
    order.add(sequence.request().id());
    assertThat(finished.put(sequence.request().id(), sequence)).isNull();
  }

  @Override
  public void failed(Sequence sequence, GenerationException cause) {
    assertThat(failed.put(sequence.request().id(), cause)).isNull();
  }
}
