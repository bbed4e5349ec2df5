package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Precision;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.cache.KvCache;
import dev.millrace.engine.scheduler.Scheduler;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The model under the real scheduler. */
class LlamaModelTest {
  private static final int CACHE_TOKENS = 1000;
  private static final long MOST_GROWTH = 4 << 20;

  @TempDir Path directory;

  @Test
  void greedyAnswersAreTheReferencesMostLikelyTokens() throws IOException {
    Path checkpoint = new TinyCheckpoint().llama3Rope().write(directory);
    GenerateRequest request = requests(1, Sampling.greedy()).get(0);
    ReferenceLlama reference = new ReferenceLlama(checkpoint);
    try (LlamaModel model = load(checkpoint)) {
      TokenIds answer = run(model, new Scheduler.Limits(16, 4), List.of(request)).get(0);
      int[] tokens = request.prompt().toArray();
      for (int i = 0; i < answer.size(); i++) {
        assertThat(answer.get(i))
            .isEqualTo(mostLikely(reference.logits(tokens)[tokens.length - 1]));
        tokens = Arrays.copyOf(tokens, tokens.length + 1);
        tokens[tokens.length - 1] = answer.get(i);
      }
    }
  }

  @Test
  void answersDoNotDependOnTheBatchOrTheTokenBudget() {
    Sampling sampling = new Sampling(1.1, 0.1, 0.1, 0.9, 50, 0.95, 0.01, 5);
    List<GenerateRequest> requests = requests(12, sampling);
    try (LlamaModel model = load(new TinyCheckpoint().write(directory))) {
      List<TokenIds> alone = run(model, new Scheduler.Limits(512, 1), requests);
      for (int stepTokens : new int[] {7, 32, 512}) {
        for (int running : new int[] {2, 5, 12}) {
          assertThat(run(model, new Scheduler.Limits(stepTokens, running), requests))
              .as("%d tokens and %d sequences a step", stepTokens, running)
              .isEqualTo(alone);
        }
      }
    }
  }

  @Test
  void answersDoNotDependOnThePrefixCache() {
    Random random = new Random(9);
    int[] prefix = random.ints(100, 0, 512).toArray();
    List<GenerateRequest> requests = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      int[] prompt = Arrays.copyOf(prefix, 110);
      for (int position = 100 - 30 * (i % 3); position < 110; position++) {
        prompt[position] = random.nextInt(512);
      }
      requests.add(
          GenerateRequest.builder("request " + i, TokenIds.of(prompt)).maxTokens(15).build());
    }
    try (LlamaModel model = load(new TinyCheckpoint().write(directory))) {
      Scheduler.Limits alone = new Scheduler.Limits(512, 1);
      KvCache without = KvCache.withoutPrefixCache(CACHE_TOKENS);
      List<Sequence> expected = finish(model, new Scheduler(alone, without), requests);
      KvCache with = new KvCache(CACHE_TOKENS);
      for (int stepTokens : new int[] {7, 64, 512}) {
        Scheduler.Limits limits = new Scheduler.Limits(stepTokens, 5);
        List<Sequence> cached = finish(model, new Scheduler(limits, with), requests);
        assertThat(cached.stream().map(Sequence::generated).toList())
            .isEqualTo(expected.stream().map(Sequence::generated).toList());
        assertThat(cached.stream().filter(s -> s.cachedPromptTokens() >= 32))
            .hasSizeGreaterThanOrEqualTo(11);
      }
    }
  }

  @Test
  void anInterruptedAnswerGoesOnAsIfNothingHadHappened() {
    Sampling sampling = Sampling.ofTemperature(1, 99);
    GenerateRequest request = requests(1, sampling).get(0);
    try (LlamaModel model = load(new TinyCheckpoint().write(directory))) {
      Scheduler.Limits limits = new Scheduler.Limits(64, 4);
      TokenIds whole = run(model, limits, List.of(request)).get(0);
      GenerateRequest resumed =
          GenerateRequest.builder("resumed", request.prompt())
              .resumeFrom(TokenIds.of(whole.stream().limit(9).toArray()))
              .maxTokens(request.maxTokens())
              .sampling(sampling)
              .build();
      assertThat(run(model, limits, List.of(resumed)).get(0)).isEqualTo(whole);
    }
  }

  @Test
  void aTokenOutsideTheVocabularyIsRefusedBeforeNativeCodeSeesIt() {
    GenerateRequest request = GenerateRequest.builder("bad", TokenIds.of(1, 512, 3)).build();
    try (LlamaModel model = load(new TinyCheckpoint().write(directory))) {
      assertThatThrownBy(() -> run(model, new Scheduler.Limits(64, 4), List.of(request)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bad has token 512 at position 1");
    }
  }

  @Test
  void describesItself() {
    Path checkpoint = new TinyCheckpoint().type("BF16").endOfSequence(2, 7).write(directory);
    EngineOptions options = EngineOptions.of(checkpoint).in(Precision.BFLOAT16);
    try (LlamaModel model = LlamaModel.load(options)) {
      assertThat(model.info().precision()).isEqualTo(Precision.BFLOAT16);
      assertThat(model.info().contextLength()).isEqualTo(4096);
      assertThat(model.info().vocabularySize()).isEqualTo(512);
      assertThat(model.info().endOfSequenceTokens()).containsExactlyInAnyOrder(2, 7);
      assertThat(model.info().cacheCapacity()).isBetween(4096, 64 * 4096);
      assertThat(model.info().weightsHash()).hasSize(64);
    }
  }

  @Test
  void float32WeightsRunInFloat32UnlessAskedOtherwise() {
    try (LlamaModel model = load(new TinyCheckpoint().write(directory))) {
      assertThat(model.info().precision()).isEqualTo(Precision.FLOAT32);
    }
  }

  @Test
  void memoryStaysFlatOverTenThousandSteps() {
    Path checkpoint =
        new TinyCheckpoint().shape(16, 16, 1).heads(2, 1, 8).vocabulary(64).write(directory);
    try (LlamaModel model = load(checkpoint)) {
      Sampling sampling = new Sampling(1.1, 0.1, 0.1, 0.9, 5, 0.95, 0.01, 5);
      Scheduler scheduler = new Scheduler(new Scheduler.Limits(8, 4), new KvCache(CACHE_TOKENS));
      steps(model, scheduler, sampling, 3_000);
      int arrays = model.managedArrays();
      long allocated = NativeAllocations.bytes();
      steps(model, scheduler, sampling, 10_000);
      assertThat(model.managedArrays()).isEqualTo(arrays);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      long growth = NativeAllocations.bytes() - allocated;
      while (growth >= MOST_GROWTH && System.nanoTime() < end) {
        Thread.onSpinWait(); // the JVM's compiler gives back what it takes while it works
        growth = NativeAllocations.bytes() - allocated;
      }
      assertThat(growth).as("growth of the native heap in bytes").isLessThan(MOST_GROWTH);
    }
  }

  private static void steps(LlamaModel model, Scheduler scheduler, Sampling sampling, int steps) {
    for (int step = 0; step < steps; step++) {
      if (scheduler.runningCount() + scheduler.waitingCount() < 3) {
        scheduler.add(
            new Sequence(
                GenerateRequest.builder("" + step, TokenIds.of(3, 1, 4, 1, 5, 9, 2, 6, 5))
                    .maxTokens(20)
                    .topLogprobs(step % 3)
                    .sampling(sampling)
                    .build(),
                token -> false));
      }
      StepPlan plan = scheduler.next();
      scheduler.commit(plan, model.forward(plan));
    }
  }

  private static LlamaModel load(Path checkpoint) {
    // One thread: tiny matrices gain nothing from two, and waiting for the other one costs dearly
    // on
    // a machine that is busy.
    return LlamaModel.load(
        EngineOptions.of(checkpoint).withThreads(1).withCacheTokens(CACHE_TOKENS));
  }

  private static List<TokenIds> run(
      LlamaModel model, Scheduler.Limits limits, List<GenerateRequest> requests) {
    return finish(model, new Scheduler(limits, new KvCache(CACHE_TOKENS)), requests).stream()
        .map(Sequence::generated)
        .toList();
  }

  private static List<Sequence> finish(
      LlamaModel model, Scheduler scheduler, List<GenerateRequest> requests) {
    List<Sequence> sequences = new ArrayList<>();
    for (GenerateRequest request : requests) {
      Sequence sequence = new Sequence(request, token -> false);
      sequences.add(sequence);
      scheduler.add(sequence);
    }
    while (!scheduler.isIdle()) {
      StepPlan plan = scheduler.next();
      scheduler.commit(plan, model.forward(plan));
    }
    return sequences;
  }

  private static List<GenerateRequest> requests(int count, Sampling sampling) {
    Random random = new Random(21);
    List<GenerateRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(1 + random.nextInt(50), 0, 512).toArray();
      requests.add(
          GenerateRequest.builder("request " + i, TokenIds.of(prompt))
              .maxTokens(25)
              .sampling(sampling)
              .build());
    }
    return requests;
  }

  private static int mostLikely(double[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }
}
