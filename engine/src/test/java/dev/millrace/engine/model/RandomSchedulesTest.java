package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Precision;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.cache.KvCache;
import dev.millrace.engine.scheduler.Scheduler;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Whatever the schedule, an answer is the one that transformers gives: chunks of any size, any
 * company, prompts that begin like others and so find their keys and values in the cache, requests
 * that were interrupted after any number of tokens, and requests that are cancelled in between.
 */
class RandomSchedulesTest {
  private static final int CACHE = 700;
  private static final int REQUESTS = 14;
  private static final int ROUNDS = 3;

  @FamiliesTest.EveryFamily
  void everyAnswerIsTheReferences(String family) {
    FamilyFixture fixture = FamilyFixture.of(family);
    Random random = new Random(family.hashCode());
    Map<Long, TokenIds> drawn = new HashMap<>();
    try (LlamaModel model = load(fixture)) {
      int hits = 0;
      for (int round = 0; round < ROUNDS; round++) {
        Scheduler.Limits limits =
            new Scheduler.Limits(1 + random.nextInt(80), 1 + random.nextInt(6));
        Schedule schedule = new Schedule(model, new Scheduler(limits, new KvCache(CACHE)), random);
        for (Sequence sequence : schedule.run(requests(fixture, random))) {
          assertReference(sequence, fixture, drawn);
          hits += sequence.cachedPromptTokens() > 0 ? 1 : 0;
        }
      }
      assertThat(hits).as("sequences that found a part of their prompt").isPositive();
    }
  }

  private static LlamaModel load(FamilyFixture fixture) {
    return LlamaModel.load(
        EngineOptions.of(fixture.checkpoint())
            .in(Precision.FLOAT32)
            .withThreads(1)
            .withCacheTokens(CACHE));
  }

  private static List<GenerateRequest> requests(FamilyFixture fixture, Random random) {
    List<GenerateRequest> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      requests.add(
          switch (random.nextInt(4)) {
            case 0 -> scored(fixture, 1 + random.nextInt(fixture.prompts().size() - 1));
            case 1 -> drawn(fixture, random);
            default -> greedy(fixture, random);
          });
    }
    return requests;
  }

  /** Asks for the rest of the reference's answer, its beginning being prompt or resumed. */
  private static GenerateRequest greedy(FamilyFixture fixture, Random random) {
    int[] answer = fixture.greedy();
    int known = random.nextInt(answer.length - 1);
    int resumed = random.nextInt(answer.length - known);
    int wanted = answer.length - known;
    int[] prompt = concatenate(fixture.prompts().get(0), Arrays.copyOf(answer, known));
    return GenerateRequest.builder("greedy", TokenIds.of(prompt))
        .maxTokens(wanted)
        .resumeFrom(TokenIds.of(Arrays.copyOfRange(answer, known, known + resumed)))
        .build();
  }

  /** Asks for the log-probabilities of what follows a whole prompt. */
  private static GenerateRequest scored(FamilyFixture fixture, int prompt) {
    return GenerateRequest.builder("scored " + prompt, TokenIds.of(fixture.prompts().get(prompt)))
        .maxTokens(1)
        .topLogprobs(5)
        .build();
  }

  /** One of three seeds: the same text every time. */
  private static GenerateRequest drawn(FamilyFixture fixture, Random random) {
    long seed = random.nextInt(3);
    return GenerateRequest.builder("drawn", TokenIds.of(fixture.prompts().get(0)))
        .maxTokens(12)
        .sampling(Sampling.ofTemperature(0.8, seed))
        .build();
  }

  private static void assertReference(
      Sequence sequence, FamilyFixture fixture, Map<Long, TokenIds> drawn) {
    GenerateRequest request = sequence.request();
    if (request.id().equals("greedy")) {
      int known = request.prompt().size() - fixture.prompts().get(0).length;
      int[] rest = Arrays.copyOfRange(fixture.greedy(), known, fixture.greedy().length);
      assertThat(sequence.generated()).isEqualTo(TokenIds.of(rest));
    } else if (request.id().equals("drawn")) {
      TokenIds first = drawn.putIfAbsent(request.sampling().seed(), sequence.generated());
      assertThat(sequence.generated()).isEqualTo(first == null ? sequence.generated() : first);
    } else {
      float[][] rows = fixture.logits().get(Integer.parseInt(request.id().substring(7)));
      assertLogprobs(sequence.logprobs().get(0), rows[rows.length - 1]);
    }
  }

  private static void assertLogprobs(TokenLogprobs actual, float[] logits) {
    double[] expected = ReferenceSampling.logSoftmax(logits);
    assertThat(actual.top()).hasSize(5);
    actual
        .top()
        .forEach(
            top ->
                assertThat((double) top.logprob()).isCloseTo(expected[top.token()], within(1e-3)));
    assertThat(actual.top().get(0).token()).isEqualTo(Logits.mostLikely(logits));
    assertThat((double) actual.chosen().logprob())
        .isCloseTo(expected[actual.chosen().token()], within(1e-3));
  }

  private static int[] concatenate(int[] left, int[] right) {
    int[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }

  /** Requests arrive and a few of them are cancelled at moments of chance. */
  private record Schedule(LlamaModel model, Scheduler scheduler, Random random) {

    /** The sequences that came to their end. */
    List<Sequence> run(List<GenerateRequest> requests) {
      List<Sequence> sequences = new ArrayList<>();
      while (sequences.size() < requests.size() || !scheduler.isIdle()) {
        while (sequences.size() < requests.size() && random.nextInt(3) > 0) {
          Sequence sequence = new Sequence(requests.get(sequences.size()), token -> false);
          sequences.add(sequence);
          scheduler.add(sequence);
        }
        if (random.nextInt(20) == 0 && !sequences.isEmpty()) {
          scheduler.cancel(sequences.get(random.nextInt(sequences.size())));
        }
        StepPlan plan = scheduler.next();
        if (!plan.isEmpty()) {
          scheduler.commit(plan, model.forward(plan));
        }
      }
      return sequences.stream()
          .filter(sequence -> sequence.generatedCount() == sequence.request().maxTokens())
          .toList();
    }
  }
}
