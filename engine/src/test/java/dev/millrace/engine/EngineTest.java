package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine on a real, tiny checkpoint of random weights. */
class EngineTest {
  private static final int CACHE = 1000;

  @TempDir static Path directory;
  private static Engine engine;

  @BeforeAll
  static void open() {
    engine = openAnother();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static Engine openAnother() {
    Path checkpoint = new TinyCheckpoint().write(directory);
    return Engine.open(
        EngineOptions.of(checkpoint).in(Precision.FLOAT32).withThreads(1).withCacheTokens(CACHE));
  }

  @Test
  void the_text_is_that_of_the_generated_tokens() {
    Completion completion = join(engine.submit(request("a", "Hello there").build()));
    assertThat(completion.tokens().size()).isEqualTo(16);
    assertThat(completion.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(completion.text())
        .isEqualTo(engine.tokenizer().decode(completion.tokens().toArray(), true));
    assertThat(completion.usage()).isEqualTo(new Usage(tokens("Hello there").size(), 0, 16, 0));
  }

  @Test
  void it_says_how_much_of_its_devices_memory_is_in_use() {
    assertThat(engine.deviceMemoryBytes()).isGreaterThan(10 << 20); // a JVM is never smaller
  }

  @Test
  void requests_together_are_answered_as_each_is_alone() {
    List<GenerateRequest> requests = mixedRequests();
    List<TokenIds> alone =
        requests.stream().map(request -> join(engine.submit(request)).tokens()).toList();
    List<TokenIds> together =
        requests.stream().map(engine::submit).toList().stream()
            .map(generation -> join(generation).tokens())
            .toList();
    assertThat(together).isEqualTo(alone);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1.5})
  void an_interrupted_request_goes_on_to_the_same_answer(double temperature) {
    GenerateRequest request =
        request("a", "Once upon a time")
            .maxTokens(30)
            .sampling(new Sampling(1.2, 0.5, 0.1, temperature, 0, 0.9, 0, 7))
            .build();
    Completion whole = join(engine.submit(request));
    for (int kept : new int[] {1, 10, whole.tokens().size()}) {
      TokenIds resumed = TokenIds.of(Arrays.copyOf(whole.tokens().toArray(), kept));
      GenerateRequest again =
          request("a", "Once upon a time")
              .maxTokens(30)
              .sampling(request.sampling())
              .resumeFrom(resumed)
              .build();
      Completion rest = join(engine.submit(again));
      assertThat(rest.tokens()).isEqualTo(whole.tokens());
      assertThat(rest.text()).isEqualTo(whole.text());
      assertThat(rest.usage().resumedTokens()).isEqualTo(kept);
    }
  }

  @Test
  void the_text_is_cut_before_a_stop_string() {
    String text = join(engine.submit(request("a", "Hello").maxTokens(40).build())).text();
    String stop = Pattern.compile("[ -~]{3}").matcher(text).results().toList().get(1).group();
    Completion stopped =
        join(engine.submit(request("b", "Hello").maxTokens(40).stopStrings(List.of(stop)).build()));
    assertThat(stopped.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
    assertThat(stopped.tokens().size()).isLessThan(40);
  }

  @Test
  void a_stop_token_ends_the_answer() {
    TokenIds free = join(engine.submit(request("a", "Hello").build())).tokens();
    int stop = free.get(5);
    int first = IntStream.range(0, 16).filter(i -> free.get(i) == stop).findFirst().orElseThrow();
    Completion stopped =
        join(engine.submit(request("b", "Hello").stopTokens(Set.of(stop)).build()));
    assertThat(stopped.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(stopped.tokens().size()).isEqualTo(first + 1);
  }

  @Test
  void the_listener_hears_every_token_in_order() {
    List<Integer> heard = new ArrayList<>();
    Completion completion = join(engine.submit(request("a", "Hello").build(), heard::add));
    assertThat(heard).containsExactlyElementsOf(completion.tokens().stream().boxed().toList());
  }

  @Test
  void logprobs_come_with_every_token_and_its_alternatives() {
    Completion completion = join(engine.submit(request("a", "Hello").topLogprobs(3).build()));
    assertThat(completion.logprobs()).hasSize(16);
    for (int i = 0; i < 16; i++) {
      TokenLogprobs logprobs = completion.logprobs().get(i);
      assertThat(logprobs.chosen().token()).isEqualTo(completion.tokens().get(i));
      assertThat(logprobs.top()).hasSize(3).first().isEqualTo(logprobs.chosen());
    }
  }

  @Test
  void an_interrupted_request_keeps_the_logprobs_of_its_tokens() {
    GenerateRequest request = request("a", "Hello").topLogprobs(2).build();
    Completion whole = join(engine.submit(request));
    Progress known =
        new Progress(
            TokenIds.of(Arrays.copyOf(whole.tokens().toArray(), 7)),
            whole.logprobs().subList(0, 7));
    Completion rest = join(engine.submit(request.resumedFrom(known)));
    assertThat(rest.tokens()).isEqualTo(whole.tokens());
    assertThat(rest.logprobs()).hasSize(whole.logprobs().size());
    assertThat(rest.logprobs().subList(0, 7)).isEqualTo(known.logprobs());
    assertThat(rest.logprobs())
        .extracting(position -> position.chosen().token())
        .containsExactlyElementsOf(whole.tokens().stream().boxed().toList());
  }

  @Test
  void whoever_asks_meanwhile_finds_logprobs_for_just_the_tokens_there_are() {
    Generation generation =
        engine.submit(
            request("a", "Hello").maxTokens(300).ignoreEndOfSequence().topLogprobs(1).build());
    CompletableFuture<Completion> completion = generation.completion().toCompletableFuture();
    do {
      Progress progress = generation.progress();
      assertThat(progress.logprobs())
          .extracting(position -> position.chosen().token())
          .containsExactlyElementsOf(progress.tokens().stream().boxed().toList());
    } while (!completion.isDone());
    assertThat(generation.progress().logprobs()).isEqualTo(completion.join().logprobs());
  }

  @Test
  void a_cancelled_request_keeps_the_tokens_it_has() {
    CompletableFuture<Void> started = new CompletableFuture<>();
    CompletableFuture<Void> cancelled = new CompletableFuture<>();
    Generation generation =
        engine.submit(
            request("a", "Hello").maxTokens(900).ignoreEndOfSequence().build(),
            token -> {
              started.complete(null);
              cancelled.join(); // or else it may be answered before that
            });
    started.join();
    generation.cancel();
    cancelled.complete(null);
    Completion completion = join(generation);
    assertThat(completion.finishReason()).isEqualTo(FinishReason.CANCELLED);
    assertThat(completion.tokens()).isEqualTo(generation.tokens());
    assertThat(completion.tokens().size()).isBetween(1, 899);
  }

  @Test
  void a_prompt_longer_than_the_context_is_refused() {
    int context = engine.model().contextLength();
    assertThat(refusal(new int[context], 1).code())
        .isEqualTo(GenerationException.Code.PROMPT_TOO_LONG);
  }

  @Test
  void an_answer_that_cannot_fit_the_context_is_refused_with_the_sum() {
    int context = engine.model().contextLength();
    GenerationException refusal = refusal(new int[10], context);
    assertThat(refusal.code()).isEqualTo(GenerationException.Code.CONTEXT_EXCEEDED);
    assertThat(refusal)
        .hasMessageContaining("max_tokens " + context + " + prompt 10")
        .hasMessageContaining("context of " + context);
  }

  @Test
  void an_answer_of_absurd_length_is_refused_before_memory_is_taken_for_it() {
    assertThat(refusal(new int[10], Integer.MAX_VALUE).code())
        .isEqualTo(GenerationException.Code.CONTEXT_EXCEEDED);
  }

  @Test
  void what_can_never_fit_the_cache_is_refused() {
    assertThat(refusal(new int[10], CACHE).code())
        .isEqualTo(GenerationException.Code.CACHE_EXCEEDED);
  }

  @Test
  void there_is_room_until_twice_the_cache_is_spoken_for() {
    CompletableFuture<Void> looked = new CompletableFuture<>();
    List<Generation> generations =
        IntStream.range(0, 3)
            .mapToObj(i -> request("" + i, "Hello").maxTokens(900).ignoreEndOfSequence().build())
            .map(request -> engine.submit(request, token -> looked.join()))
            .toList();
    EngineLoad full = engine.load();
    CompletableFuture<Void> room = engine.room().toCompletableFuture();
    boolean roomAtOnce = room.isDone();
    generations.forEach(Generation::cancel);
    looked.complete(null);
    assertThat(full.hasRoom()).isFalse();
    assertThat(full.requests()).isEqualTo(3);
    assertThat(roomAtOnce).isFalse();
    room.join();
    generations.forEach(EngineTest::join);
    assertThat(engine.load().outstandingTokens()).isZero();
  }

  @Test
  void closing_fails_what_is_not_finished() {
    Engine closing = openAnother();
    Thread closer = Thread.currentThread();
    Generation running =
        closing.submit(
            request("a", "Hello").maxTokens(900).ignoreEndOfSequence().build(),
            token -> awaitWaiting(closer)); // for the engine to end: it is not answered before
    closing.close();
    Generation late = closing.submit(request("b", "Hello").build());
    assertThat(failure(running).code()).isEqualTo(GenerationException.Code.ENGINE_CLOSED);
    assertThat(failure(late).code()).isEqualTo(GenerationException.Code.ENGINE_CLOSED);
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
  }

  private static List<GenerateRequest> mixedRequests() {
    Sampling sampled = new Sampling(1.1, 0.2, 0.3, 1.3, 50, 0.95, 0.01, 3);
    return IntStream.range(0, 24)
        .mapToObj(
            i ->
                request("" + i, "Hello ".repeat(1 + i))
                    .maxTokens(5 + i)
                    .sampling(i % 2 == 0 ? Sampling.greedy() : sampled)
                    .build())
        .toList();
  }

  private GenerationException refusal(int[] prompt, int maxTokens) {
    return failure(
        engine.submit(
            GenerateRequest.builder("a", TokenIds.of(prompt)).maxTokens(maxTokens).build()));
  }

  private static GenerateRequest.Builder request(String id, String text) {
    return GenerateRequest.builder(id, tokens(text));
  }

  private static TokenIds tokens(String text) {
    return TokenIds.of(engine.tokenizer().encode(text, true));
  }

  private static Completion join(Generation generation) {
    return generation.completion().toCompletableFuture().join();
  }

  private static GenerationException failure(Generation generation) {
    return (GenerationException)
        catchThrowableOfType(CompletionException.class, () -> join(generation)).getCause();
  }
}
