package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.engine.kernel.Kernels;
import dev.millrace.engine.model.ReferenceLlama;
import dev.millrace.engine.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Response formats in the engine, on a real, tiny checkpoint of random weights. */
class ConstrainedEngineTest {
  private static final ResponseFormat DIGITS = new ResponseFormat.Regex("[0-9]{3}-[0-9]{3}");
  private static final ResponseFormat UMLAUTS = new ResponseFormat.Regex("[äöü語😀]{5,8}");

  @TempDir static Path directory;
  private static Engine engine;

  @BeforeAll
  static void open() {
    new TinyCheckpoint().write(directory);
    engine = open(Precision.FLOAT32);
  }

  private static Engine open(Precision precision) {
    return Engine.open(
        EngineOptions.of(directory).in(precision).withThreads(1).withCacheTokens(2000));
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 2})
  void an_answer_has_its_form_and_ends_when_it_is_whole(double temperature) {
    Completion answer = answer(request(DIGITS).sampling(Sampling.ofTemperature(temperature, 3)));
    assertThat(answer.text()).matches("[0-9]{3}-[0-9]{3}");
    assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(answer.valid()).contains(true);
  }

  @Test
  void an_answer_has_its_form_on_own_kernels_too() {
    assumeTrue(Kernels.supported(), "this processor runs no kernels of ours");
    try (Engine rounded = open(Precision.BFLOAT16)) {
      Sampling greedy = new Sampling(1.3, 0, 0, 0, 0, 1, 0, 0); // penalised, and masked
      for (Sampling sampling : List.of(Sampling.greedy(), greedy)) {
        Generation generation = rounded.submit(request(DIGITS).sampling(sampling).build());
        assertThat(join(generation).text()).matches("[0-9]{3}-[0-9]{3}");
      }
    }
  }

  @Test
  void characters_of_several_tokens_are_whole() {
    Completion answer = answer(request(UMLAUTS).maxTokens(100));
    assertThat(answer.text()).matches("[äöü語😀]{5,8}");
    assertThat(answer.tokens().size()).isGreaterThan(answer.text().length() / 2);
  }

  @Test
  void an_answer_that_is_cut_is_not_valid() {
    Completion answer = answer(request(UMLAUTS).maxTokens(3));
    assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(answer.valid()).contains(false);
  }

  @Test
  void an_answer_that_a_stop_string_cuts_is_not_valid() {
    Completion answer = answer(request(DIGITS).stopStrings(List.of("-")));
    assertThat(answer.text()).matches("[0-9]{3}");
    assertThat(answer.valid()).contains(false);
  }

  @Test
  void an_answer_may_end_early_only_where_its_form_allows() {
    ResponseFormat format = new ResponseFormat.Regex("(ab)+");
    for (int seed = 0; seed < 20; seed++) {
      Completion answer = answer(request(format).sampling(Sampling.ofTemperature(9, seed)));
      boolean ended = answer.finishReason() == FinishReason.STOP;
      assertThat(answer.valid()).contains(answer.text().matches("(ab)+"));
      assertThat(!ended || answer.valid().orElseThrow()).isTrue();
    }
  }

  @Test
  void answers_without_a_form_are_the_same_beside_answers_that_have_one() {
    Completion alone = answer(request());
    List<Generation> together =
        List.of(
            engine.submit(request(DIGITS).build()),
            engine.submit(request().build()),
            engine.submit(request(UMLAUTS).build()),
            engine.submit(request(choice("a", "b")).build()));
    assertThat(join(together.get(1)).tokens()).isEqualTo(alone.tokens());
    assertThat(alone.valid()).isEmpty();
    assertThat(join(together.get(0)).text()).matches("[0-9]{3}-[0-9]{3}");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1.5})
  void an_interrupted_answer_goes_on_to_the_same_end(double temperature) {
    GenerateRequest request =
        request(UMLAUTS).maxTokens(100).sampling(Sampling.ofTemperature(temperature, 5)).build();
    Completion whole = join(engine.submit(request));
    for (int kept : new int[] {1, 4, whole.tokens().size()}) {
      TokenIds resumed = TokenIds.of(Arrays.copyOf(whole.tokens().toArray(), kept));
      Completion again = join(engine.submit(request.resumedFrom(resumed)));
      assertThat(again.tokens()).isEqualTo(whole.tokens());
      assertThat(again.valid()).contains(true);
    }
  }

  @Test
  void tokens_that_the_form_does_not_allow_are_not_resumed_from() {
    GenerateRequest request = request(DIGITS).build();
    TokenIds foreign = TokenIds.of(engine.tokenizer().encode("abc", false));
    assertThat(join(engine.submit(request.resumedFrom(foreign))).tokens())
        .isEqualTo(join(engine.submit(request)).tokens());
  }

  @Test
  void more_masks_than_the_device_keeps_are_sent_again() {
    String alternatives = String.join("|", numbers(100, 999));
    for (int round = 0; round < 2; round++) {
      List<Generation> generations = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        ResponseFormat format = new ResponseFormat.Regex("(" + alternatives + ")" + i + "[a-f]{9}");
        generations.add(engine.submit(request(format).maxTokens(40).build()));
      }
      generations.forEach(generation -> assertThat(join(generation).valid()).contains(true));
    }
  }

  @Test
  void a_format_that_cannot_be_guaranteed_is_refused_at_once() {
    GenerateRequest request = request(new ResponseFormat.JsonSchema("{\"not\":{}}")).build();
    GenerationException refusal = refusal(request);
    assertThat(refusal.code()).isEqualTo(GenerationException.Code.INVALID_FORMAT);
    assertThat(refusal).hasMessageContaining("\"not\" at the root");
  }

  /** The tiny model ends its answers with a number sign. */
  @Test
  void a_format_that_the_vocabulary_cannot_write_is_refused_at_once() {
    assertThat(refusal(request(new ResponseFormat.Regex("[0-9]#+")).build()))
        .hasMessageContaining("no tokens for any answer");
  }

  // ------------------------------------------------------------------------------- labels

  @Test
  void every_label_has_its_probability_and_the_likeliest_is_the_answer() {
    Completion answer = answer(request(choice("billing", "delivery", "praise")));
    LabelScores scores = answer.labelScores().orElseThrow();
    assertThat(scores.probabilities()).containsOnlyKeys("billing", "delivery", "praise");
    assertThat(sum(scores)).isCloseTo(1, within(1e-6));
    assertThat(answer.text()).isEqualTo(scores.best());
    assertThat(answer.valid()).contains(true);
    assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(scores.margin()).isBetween(0.0, 1.0);
  }

  @Test
  void the_probabilities_are_the_products_of_the_tokens() throws IOException {
    List<String> labels = List.of("zq1", "zq2", "zq", "zx", "xyz", "z1", "z12");
    List<TokenIds> tokens = labels.stream().map(ConstrainedEngineTest::withEnd).toList();
    ForcedLabels reference = new ForcedLabels(new ReferenceLlama(directory), prompt(), tokens);
    LabelScores scores =
        answer(request(choice(labels.toArray(String[]::new)))).labelScores().orElseThrow();
    for (int i = 0; i < labels.size(); i++) {
      assertThat(scores.probabilities().get(labels.get(i)))
          .as(labels.get(i))
          .isCloseTo(reference.probability(tokens.get(i)), within(1e-4));
    }
    assertThat(sum(scores)).isCloseTo(1, within(1e-6));
  }

  private static TokenIds withEnd(String label) {
    int end = engine.model().endOfSequenceTokens().iterator().next();
    IntStream tokens = Arrays.stream(engine.tokenizer().encode(label, false));
    return TokenIds.of(IntStream.concat(tokens, IntStream.of(end)).toArray());
  }

  @Test
  void labels_are_drawn_as_often_as_they_are_likely() {
    ResponseFormat format = choice("yes", "no", "maybe");
    Map<String, Double> scores =
        answer(request(format)).labelScores().orElseThrow().probabilities();
    Map<String, Integer> drawn = new HashMap<>();
    int rounds = 300;
    for (int seed = 0; seed < rounds; seed++) {
      String text = answer(request(format).sampling(Sampling.ofTemperature(1, seed))).text();
      drawn.merge(text, 1, Integer::sum);
    }
    scores.forEach(
        (label, probability) ->
            assertThat((double) drawn.getOrDefault(label, 0) / rounds)
                .isCloseTo(probability, within(0.1)));
  }

  @Test
  void the_only_label_takes_no_step() {
    Completion answer = answer(request(choice("only")));
    assertThat(answer.text()).isEqualTo("only");
    assertThat(answer.labelScores().orElseThrow().probabilities()).containsEntry("only", 1.0);
  }

  @Test
  void a_label_longer_than_max_tokens_is_refused() {
    assertThat(refusal(request(choice("a", "a very long label indeed")).maxTokens(2).build()))
        .hasMessageContaining("longest choice");
  }

  @Test
  void a_choice_is_scored_again_after_an_interruption() {
    GenerateRequest request = request(choice("yes", "no")).build();
    Completion whole = join(engine.submit(request));
    Completion again = join(engine.submit(request.resumedFrom(whole.tokens())));
    assertThat(again.labelScores()).isEqualTo(whole.labelScores());
    assertThat(again.text()).isEqualTo(whole.text());
  }

  private static double sum(LabelScores scores) {
    return scores.probabilities().values().stream().mapToDouble(Double::doubleValue).sum();
  }

  private static List<String> numbers(int from, int to) {
    List<String> numbers = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      numbers.add(String.valueOf(i));
    }
    return numbers;
  }

  private static ResponseFormat choice(String... labels) {
    return new ResponseFormat.Choice(List.of(labels));
  }

  private static TokenIds prompt() {
    return TokenIds.of(engine.tokenizer().encode("Which one is it?", true));
  }

  private static GenerateRequest.Builder request() {
    return GenerateRequest.builder("a", prompt()).maxTokens(30);
  }

  private static GenerateRequest.Builder request(ResponseFormat format) {
    return request().responseFormat(format);
  }

  private static Completion answer(GenerateRequest.Builder request) {
    return join(engine.submit(request.build()));
  }

  private static Completion join(Generation generation) {
    return generation.completion().toCompletableFuture().join();
  }

  private static GenerationException refusal(GenerateRequest request) {
    CompletionException failure =
        catchThrowableOfType(CompletionException.class, () -> join(engine.submit(request)));
    return (GenerationException) failure.getCause();
  }
}
