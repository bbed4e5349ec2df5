package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.SamplingNoise;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.kernel.Kernels;
import dev.millrace.engine.scheduler.SampledToken;
import dev.millrace.engine.scheduler.Sequence;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Sampling in the program against {@link ReferenceSampling}, on given logits. */
@ParameterizedClass(name = "on {0}")
@ValueSource(strings = {SamplingTest.PYTORCH, SamplingTest.OWN_KERNEL})
class SamplingTest {
  static final String PYTORCH = "PyTorch's operators alone";
  static final String OWN_KERNEL = "the greedy kernel";

  private static final int VOCABULARY = 60;
  private static final int[] PROMPT = {3, 5, 5, 8};
  private static final int[] GENERATED = {8, 9, 9, 9, 40};

  private static LlamaProgram program;

  @Parameter String kernels;

  @BeforeParameterizedClassInvocation
  static void load(String kernels, @TempDir Path directory) {
    boolean own = kernels.equals(OWN_KERNEL);
    assumeTrue(!own || Kernels.supported(), "this processor runs no kernels of ours");
    FloatType type = own ? FloatType.BFLOAT16 : FloatType.FLOAT32; // of the model, not of logits
    program = LlamaProgramTest.load(new TinyCheckpoint().write(directory), type);
    assertThat(program.kernels().greedy() != 0).isEqualTo(own);
  }

  @AfterParameterizedClassInvocation
  static void close() {
    program.close();
  }

  @Test
  void greedyTakesTheMostLikelyToken() {
    float[] logits = logits(1, VOCABULARY);
    assertThat(sample(logits, Sampling.greedy())).isEqualTo(ReferenceSampling.argmax(logits));
  }

  @Test
  void greedyTakesTheFirstOfEquals() {
    float[] logits = new float[VOCABULARY];
    logits[23] = 2;
    logits[48] = 2;
    assertThat(sample(logits, Sampling.greedy())).isEqualTo(23);
  }

  @Test
  void temperatureFlattensOrSharpensTheDistribution() {
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 0.5, 0, 1, 0, 0), VOCABULARY);
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 2, 0, 1, 0, 0), VOCABULARY);
  }

  @Test
  void aTinyTemperatureIsGreedyAndDoesNotOverflow() {
    float[] logits = logits(1, VOCABULARY);
    assertThat(sample(logits, Sampling.ofTemperature(1e-30, 4)))
        .isEqualTo(ReferenceSampling.argmax(logits));
  }

  @Test
  void topKKeepsTheKMostLikely() {
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 1, 1, 1, 0, 0), VOCABULARY);
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 1, 5, 1, 0, 0), VOCABULARY);
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 1, 1000, 1, 0, 0), VOCABULARY);
  }

  @Test
  void topPKeepsTheSmallestSetThatReachesP() {
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 1, 0, 0.7, 0, 0), VOCABULARY);
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 1, 0, 1e-9, 0, 0), VOCABULARY);
  }

  @Test
  void topPFindsANucleusOfThousandsOfTokens() {
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 4, 0, 0.9, 0, 0), 5000);
  }

  @Test
  void minPKeepsWhatIsNotMuchLessLikelyThanTheBest() {
    assertDrawsLikeTheReference(new Sampling(1, 0, 0, 1, 0, 1, 0.2, 0), VOCABULARY);
  }

  @Test
  void penaltiesComeFirst() {
    assertDrawsLikeTheReference(new Sampling(1.3, 0, 0, 1, 0, 1, 0, 0), VOCABULARY);
    assertDrawsLikeTheReference(new Sampling(1, 0.8, 0, 1, 0, 1, 0, 0), VOCABULARY);
    assertDrawsLikeTheReference(new Sampling(1, 0, 1.1, 1, 0, 1, 0, 0), VOCABULARY);
    assertDrawsLikeTheReference(new Sampling(1, -1.5, -0.5, 1, 0, 1, 0, 0), VOCABULARY);
  }

  @Test
  void allFiltersTogetherApplyInTransformersOrder() {
    assertDrawsLikeTheReference(new Sampling(1.2, 0.3, 0.2, 1.4, 30, 0.9, 0.05, 0), VOCABULARY);
  }

  @Test
  void penaltiesChangeTheGreedyChoiceToo() {
    float[] logits = new float[VOCABULARY];
    logits[40] = 3;
    logits[41] = 2;
    assertThat(sample(logits, new Sampling(2, 0, 0, 0, 0, 1, 0, 0))).isEqualTo(41);
    assertThat(sample(logits, new Sampling(1, 1.5, 0, 0, 0, 1, 0, 0))).isEqualTo(41);
    assertThat(sample(logits, new Sampling(1, 0.5, 0, 0, 0, 1, 0, 0))).isEqualTo(40);
  }

  @Test
  void aRowsTokenDoesNotDependOnTheRowsAroundIt() {
    Random random = new Random(11);
    for (int attempt = 0; attempt < 200; attempt++) {
      float[] logits = logits(random.nextLong(), VOCABULARY);
      Sampling mine = randomSampling(random);
      int alone = sample(logits, mine);
      int rows = 1 + random.nextInt(8);
      int row = random.nextInt(rows);
      float[] batch = logits(random.nextLong(), rows * VOCABULARY);
      System.arraycopy(logits, 0, batch, row * VOCABULARY, VOCABULARY);
      List<Sequence> sequences = new ArrayList<>();
      for (int i = 0; i < rows; i++) {
        sequences.add(sequence(i == row ? mine : randomSampling(random), i % 3 - 1));
      }
      assertThat(program.sample(batch, new SamplingBatch(sequences)).get(row).token())
          .isEqualTo(alone);
    }
  }

  @Test
  void aRowWhoseLogitsAreNotFiniteIsTheOnlyOneBlamed() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] logits = logits(1, 3 * VOCABULARY);
      logits[VOCABULARY + 7] = bad;
      List<Sequence> sequences =
          List.of(
              sequence(Sampling.greedy(), -1),
              sequence(Sampling.ofTemperature(1, 2), 2),
              sequence(Sampling.ofTemperature(1, 3), -1));
      assertThat(program.sample(logits, new SamplingBatch(sequences)))
          .extracting(SampledToken::finite)
          .containsExactly(true, false, true);
    }
  }

  @Test
  void logprobsAreOfTheRawLogitsAndMostLikelyFirst() {
    float[] logits = logits(8, VOCABULARY);
    Sampling strange = new Sampling(1.5, 1, 1, 3, 10, 0.9, 0, 42);
    List<Sequence> sequences = List.of(sequence(Sampling.greedy(), -1), sequence(strange, 3));
    float[] batch = Arrays.copyOf(logits, 2 * VOCABULARY);
    System.arraycopy(logits, 0, batch, VOCABULARY, VOCABULARY);
    List<SampledToken> sampled = program.sample(batch, new SamplingBatch(sequences));

    assertThat(sampled.get(0).logprobs()).isEmpty();
    TokenLogprobs logprobs = sampled.get(1).logprobs().orElseThrow();
    double[] expected = ReferenceSampling.logSoftmax(logits);
    assertThat(logprobs.chosen().token()).isEqualTo(sampled.get(1).token());
    assertThat(logprobs.chosen().logprob())
        .isCloseTo((float) expected[sampled.get(1).token()], within(1e-5f));
    assertThat(logprobs.top()).hasSize(3);
    assertThat(logprobs.top())
        .extracting(TokenLogprob::token)
        .containsExactlyElementsOf(ReferenceSampling.best(logits, 3));
    for (TokenLogprob top : logprobs.top()) {
      assertThat(top.logprob()).isCloseTo((float) expected[top.token()], within(1e-5f));
    }
  }

  @Test
  void logprobsWithoutAlternativesNameTheTokenAlone() {
    Sequence sequence = sequence(Sampling.greedy(), 0);
    SampledToken sampled =
        program.sample(logits(8, VOCABULARY), new SamplingBatch(List.of(sequence))).get(0);
    assertThat(sampled.logprobs().orElseThrow().top()).isEmpty();
  }

  /** Every seed's token must be the one that inverting the reference's distribution gives. */
  private static void assertDrawsLikeTheReference(Sampling settings, int vocabulary) {
    int draws = 400;
    float[] row = logits(settings.hashCode(), vocabulary);
    double[] distribution = ReferenceSampling.distribution(row, settings, PROMPT, GENERATED);
    float[] batch = new float[draws * vocabulary];
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < draws; i++) {
      System.arraycopy(row, 0, batch, i * vocabulary, vocabulary);
      sequences.add(sequence(withSeed(settings, i), -1));
    }
    List<SampledToken> sampled = program.sample(batch, new SamplingBatch(sequences));
    int compared = 0;
    for (int i = 0; i < draws; i++) {
      double uniform = SamplingNoise.uniform(i, PROMPT.length + GENERATED.length);
      int expected = ReferenceSampling.invert(distribution, uniform);
      // Within rounding of a boundary both neighbours are right.
      if (expected == ReferenceSampling.invert(distribution, Math.max(0, uniform - 1e-5))
          && expected == ReferenceSampling.invert(distribution, Math.min(1, uniform + 1e-5))) {
        assertThat(sampled.get(i).token()).as("seed %d of %s", i, settings).isEqualTo(expected);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(draws / 2);
  }

  private static int sample(float[] logits, Sampling sampling) {
    SamplingBatch batch = new SamplingBatch(List.of(sequence(sampling, -1)));
    return program.sample(logits, batch).get(0).token();
  }

  private static Sampling withSeed(Sampling s, long seed) {
    return new Sampling(
        s.repetitionPenalty(),
        s.presencePenalty(),
        s.frequencyPenalty(),
        s.temperature(),
        s.topK(),
        s.topP(),
        s.minP(),
        seed);
  }

  private static Sampling randomSampling(Random random) {
    return new Sampling(
        random.nextBoolean() ? 1 : 1.2,
        random.nextBoolean() ? 0 : 0.5,
        random.nextBoolean() ? 0 : 0.5,
        random.nextInt(4) == 0 ? 0 : 1.3,
        random.nextBoolean() ? 0 : 1 + random.nextInt(VOCABULARY),
        random.nextBoolean() ? 1 : 0.8,
        random.nextBoolean() ? 0 : 0.05,
        random.nextLong());
  }

  /** A sequence of {@link #PROMPT} and {@link #GENERATED}; logprobs are wanted from 0 on. */
  private static Sequence sequence(Sampling sampling, int logprobs) {
    GenerateRequest.Builder request =
        GenerateRequest.builder("test", TokenIds.of(PROMPT))
            .resumeFrom(TokenIds.of(GENERATED))
            .sampling(sampling);
    return new Sequence(
        (logprobs < 0 ? request : request.topLogprobs(logprobs)).build(), token -> false);
  }

  private static float[] logits(long seed, int count) {
    Random random = new Random(seed);
    float[] logits = new float[count];
    IntStream.range(0, count).forEach(i -> logits[i] = (float) (2 * random.nextGaussian()));
    return logits;
  }
}
