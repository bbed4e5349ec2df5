package dev.millrace.engine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Tenant;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.cache.KvCache;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is next: deadlines, priorities, patience and tenants. One sequence runs at a time. */
class AdmissionOrderTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final KvCache cache = KvCache.withoutPrefixCache(1000); // every prompt is computed whole
  private final Scheduler scheduler = new Scheduler(new Scheduler.Limits(100, 1), cache);
  private final List<String> admitted = new ArrayList<>();
  private Instant now = START;

  @Test
  void within_a_priority_the_earliest_deadline_comes_first() {
    add(request("none"));
    add(request("later").deadline(START.plusSeconds(90)));
    add(request("sooner").deadline(START.plusSeconds(80)));
    add(request("urgent").priority(1).deadline(START.plusSeconds(100)));
    drain();
    assertThat(admitted).containsExactly("urgent", "sooner", "later", "none");
  }

  @Test
  void what_expires_while_it_waits_ends_wherever_it_stands_in_the_queue() {
    add(request("runs"));
    step();
    add(request("ahead").priority(9));
    Sequence late = add(request("late").deadline(START.plusSeconds(5)));

    now = START.plusSeconds(6);
    assertThat(scheduler.passTime(now)).containsExactly(late);
    assertThat(late.isFinished()).as("it has cost nothing and has no answer").isFalse();
    drain();
    assertThat(admitted).containsExactly("runs", "ahead");
    assertThat(cache.used()).isZero();
  }

  @Test
  void what_expires_while_it_runs_is_stopped_with_the_tokens_it_has() {
    Sequence cut = add(request("cut").maxTokens(50).deadline(START.plusSeconds(5)));
    step();
    step();
    now = START.plusSeconds(6);

    assertThat(scheduler.passTime(now)).containsExactly(cut);
    assertThat(cut.finishReason()).contains(FinishReason.DEADLINE);
    assertThat(cut.generatedCount()).isEqualTo(2);
    assertThat(cache.used()).isZero();
  }

  @Test
  void what_had_tokens_before_a_failure_and_expires_in_the_queue_keeps_them() {
    add(request("runs"));
    step();
    Sequence resumed =
        add(
            request("resumed")
                .resumeFrom(TokenIds.of(7, 8))
                .maxTokens(9)
                .deadline(START.plusSeconds(5)));

    assertThat(scheduler.passTime(START.plusSeconds(6))).containsExactly(resumed);
    assertThat(resumed.finishReason()).contains(FinishReason.DEADLINE);
    assertThat(resumed.generated()).isEqualTo(TokenIds.of(7, 8));
  }

  @Test
  void a_minute_of_waiting_counts_as_one_priority_more() {
    add(request("runs").maxTokens(10));
    step();
    add(request("patient"));
    step();
    now = now.plus(WaitingQueue.PATIENCE);
    step();
    add(request("newcomer of the same priority").deadline(now.plusSeconds(1)));
    add(request("newcomer of the next but one").priority(2));
    drain();
    assertThat(admitted)
        .containsExactly(
            "runs", "newcomer of the next but one", "patient", "newcomer of the same priority");
  }

  @Test
  void nothing_starves_behind_an_endless_stream_of_more_urgent_requests() {
    add(request("patient"));
    int admissions = 0;
    while (!admitted.contains("patient")) {
      add(request("urgent " + admissions).priority(3).maxTokens(1));
      step();
      now = now.plusSeconds(10);
      admissions++;
    }
    assertThat(admissions).isBetween(18, 30); // 3 priorities of a minute, at 10 seconds a request
  }

  @Test
  void tenants_take_turns_however_many_requests_one_of_them_sends() {
    Tenant flood = new Tenant("flood", 1);
    Tenant drop = new Tenant("drop", 1);
    for (int i = 0; i < 5; i++) {
      add(request("flood " + i).priority(7).tenant(flood));
    }
    add(request("drop 0").tenant(drop));
    add(request("drop 1").tenant(drop));
    drain();
    assertThat(admitted)
        .containsExactly("drop 0", "flood 0", "drop 1", "flood 1", "flood 2", "flood 3", "flood 4");
  }

  @Test
  void tenants_are_admitted_tokens_in_proportion_to_their_shares() {
    for (int i = 0; i < 300; i++) {
      add(request("large").tenant(new Tenant("large", 3)));
      add(request("small").tenant(new Tenant("small", 1)));
    }
    while (admitted.size() < 200) {
      step();
    }
    assertThat(Collections.frequency(admitted, "large")).isBetween(149, 151);
  }

  @Test
  void a_long_request_counts_for_as_many_turns_as_it_takes_tokens() {
    Tenant wordy = new Tenant("wordy", 1);
    Tenant terse = new Tenant("terse", 1);
    for (int i = 0; i < 40; i++) {
      add(request("terse").tenant(terse)); // 4 tokens
    }
    for (int i = 0; i < 4; i++) {
      add(GenerateRequest.builder("wordy", TokenIds.of(new int[39])).maxTokens(1).tenant(wordy));
    }
    while (admitted.size() < 33) {
      step();
    }
    assertThat(Collections.frequency(admitted, "wordy")).isEqualTo(3);
  }

  @Test
  void a_tenant_that_was_away_has_saved_nothing_up() {
    Tenant always = new Tenant("always", 1);
    Tenant back = new Tenant("back", 1);
    for (int i = 0; i < 30; i++) {
      add(request("always").tenant(always));
    }
    add(request("back").tenant(back));
    while (admitted.size() < 20) {
      step();
    }
    for (int i = 0; i < 10; i++) {
      add(request("back").tenant(back));
    }
    while (admitted.size() < 30) {
      step();
    }
    assertThat(Collections.frequency(admitted.subList(20, 30), "back")).isBetween(5, 6);
  }

  @Test
  void what_is_cancelled_while_it_waits_is_on_nobodys_account() {
    Tenant tenant = new Tenant("a", 1);
    add(request("runs").maxTokens(10));
    step();
    Sequence cancelled = add(request("cancelled").tenant(tenant));
    add(request("next").tenant(tenant));
    assertThat(scheduler.cancel(cancelled)).isTrue();
    drain();
    assertThat(admitted).containsExactly("runs", "next");
    assertThat(scheduler.waitingCount()).isZero();
  }

  private static GenerateRequest.Builder request(String id) {
    return GenerateRequest.builder(id, TokenIds.of(1, 2)).maxTokens(2);
  }

  private Sequence add(GenerateRequest.Builder request) {
    Sequence sequence = new Sequence(request.build(), token -> false);
    scheduler.add(sequence);
    return sequence;
  }

  private void step() {
    scheduler.passTime(now);
    StepPlan plan = scheduler.next();
    plan.chunks().stream()
        .filter(chunk -> chunk.start() == 0)
        .forEach(chunk -> admitted.add(chunk.sequence().request().id()));
    int sampling = (int) plan.chunks().stream().filter(Chunk::samples).count();
    scheduler.commit(plan, Collections.nCopies(sampling, SampledToken.of(9)));
  }

  private void drain() {
    while (!scheduler.isIdle()) {
      step();
    }
  }
}
