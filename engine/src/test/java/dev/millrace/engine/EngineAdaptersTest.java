package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.model.FakeModel;
import dev.millrace.engine.model.FolderDigest;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How adapters come and go while the engine runs. */
class EngineAdaptersTest {
  private static final TokenIds PROMPT = TokenIds.of(1, 2, 3);

  @TempDir Path directory;
  private final FakeModel model = new FakeModel(1000);
  private Path adapters;
  private Engine engine;

  @BeforeEach
  void open() throws IOException {
    adapters = Files.createDirectory(directory.resolve("adapters"));
    Path checkpoint = new TinyCheckpoint().write(directory.resolve("checkpoint"));
    EngineOptions options = EngineOptions.of(checkpoint).withAdapters(adapters);
    engine = new Engine(options, Tokenizer.load(checkpoint), () -> model, EngineListener.NONE);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void anAdapterIsFoundByItsDirectorysNameWhenARequestNamesIt() throws IOException {
    write("legal", 7);
    assertThat(answer("legal")).isEqualTo(FakeModel.nextWith(7, 1, 2, 3));
    assertThat(answer(null)).isEqualTo(FakeModel.next(1, 2, 3));
  }

  @Test
  void anAdapterThatAppearsLaterIsServedWithoutARestart() throws IOException {
    assertUnknown("legal");
    write("legal", 7);
    assertThat(answer("legal")).isEqualTo(FakeModel.nextWith(7, 1, 2, 3));
  }

  @Test
  void changedFilesAreAnotherAdapter() throws IOException {
    write("legal", 7);
    assertThat(answer("legal")).isEqualTo(FakeModel.nextWith(7, 1, 2, 3));
    String before = engine.adapter("legal").hash();
    write("legal", 11);
    assertThat(answer("legal")).isEqualTo(FakeModel.nextWith(11, 1, 2, 3));
    assertThat(engine.adapter("legal").hash()).isNotEqualTo(before);
    awaitAdaptersInMemory(1);
  }

  @Test
  void whereAdaptersArePinnedOnlyThoseAreServedAsTheyWere() throws IOException {
    String digest = FolderDigest.of(write("legal", 7));
    write("other", 7);
    pin(Map.of("legal", digest));

    assertThat(answer("legal")).isEqualTo(FakeModel.nextWith(7, 1, 2, 3));
    assertThatThrownBy(() -> engine.adapter("other"))
        .hasMessageContaining("none is given for 'other'");
    write("legal", 11);
    assertThatThrownBy(() -> engine.adapter("legal"))
        .hasMessageContaining("but " + digest + " is expected");
  }

  private void pin(Map<String, String> digests) throws IOException {
    engine.close();
    Path checkpoint = directory.resolve("checkpoint");
    EngineOptions options =
        EngineOptions.of(checkpoint).withAdapters(adapters).withAdapterSha256(digests);
    engine = new Engine(options, Tokenizer.load(checkpoint), () -> model, EngineListener.NONE);
  }

  @Test
  void anAdapterWhoseDirectoryIsGoneIsRefusedAndFreed() throws IOException {
    Path legal = write("legal", 7);
    answer("legal");
    Files.delete(legal.resolve("adapter_model.safetensors"));
    Files.delete(legal);
    assertUnknown("legal");
    awaitAdaptersInMemory(0);
  }

  @Test
  void aBrokenAdapterIsRefusedWithTheReason() throws IOException {
    Files.createDirectory(adapters.resolve("broken"));
    assertThatThrownBy(() -> engine.adapter("broken"))
        .hasMessageContaining("adapter 'broken' is not served: it cannot be loaded")
        .hasMessageContaining("holds no adapter");
    assertUnknown("broken");
  }

  @Test
  void aBrokenAdapterIsNotReadForEveryRequestThatNamesIt() throws IOException {
    Path weights = write("legal", 7).resolve("adapter_model.safetensors");
    FileTime written = Files.getLastModifiedTime(weights);
    Files.writeString(weights, "?");
    Files.setLastModifiedTime(weights, written);
    assertUnknown("legal");
    Files.writeString(weights, "7");
    Files.setLastModifiedTime(weights, written); // as if nothing had changed
    assertUnknown("legal");
    write("legal", 8);
    assertThat(answer("legal")).isEqualTo(FakeModel.nextWith(8, 1, 2, 3));
  }

  @Test
  void aNameLeadsNowhereElse() throws IOException {
    write("legal", 7);
    for (String name :
        new String[] {"..", ".", "", "../adapters/legal", "/etc", "legal/", "a\0b", "./legal"}) {
      if (!name.equals("legal/")) { // the same path to Java
        assertUnknown(name);
      }
    }
  }

  @Test
  void anAdapterGivenByItsPathIsServedUntilItIsDropped() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("adapter_model.safetensors"), "5");
    assertThat(engine.loadAdapter("mine", elsewhere).name()).isEqualTo("mine");
    assertThat(answer("mine")).isEqualTo(FakeModel.nextWith(5, 1, 2, 3));
    engine.dropAdapter("mine");
    assertUnknown("mine");
    awaitAdaptersInMemory(0);
  }

  @Test
  void aDroppedAdapterServesWhoeverHadNamedIt() throws Exception {
    write("legal", 7);
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch dropped = new CountDownLatch(1);
    Generation running =
        engine.submit(
            request("legal").maxTokens(3).ignoreEndOfSequence().build(),
            token -> {
              started.countDown();
              awaitQuietly(dropped);
            });
    started.await();
    engine.dropAdapter("legal");
    dropped.countDown();
    int first = FakeModel.nextWith(7, 1, 2, 3);
    int second = FakeModel.nextWith(7, 1, 2, 3, first);
    int third = FakeModel.nextWith(7, 1, 2, 3, first, second);
    assertThat(join(running).tokens()).isEqualTo(TokenIds.of(first, second, third));
    awaitAdaptersInMemory(0);
  }

  @Test
  void promptsThatBeginAlikeShareTheCacheOnlyWithinAnAdapter() throws IOException {
    write("legal", 7);
    write("medical", 8);
    assertThat(cachedTokens(null)).isZero();
    assertThat(cachedTokens("legal")).isZero();
    assertThat(cachedTokens("medical")).isZero();
    assertThat(cachedTokens("legal")).isPositive();
    write("legal", 9);
    assertThat(cachedTokens("legal")).as("another adapter of the same name").isZero();
  }

  /** How much of a long prompt was in the cache; the answer must be the adapter's all the same. */
  private int cachedTokens(String adapter) {
    int[] tokens = IntStream.range(0, 300).toArray();
    GenerateRequest.Builder request = GenerateRequest.builder("long", TokenIds.of(tokens));
    if (adapter != null) {
      request.adapter(adapter);
    }
    Completion completion = join(engine.submit(request.maxTokens(1).build()));
    int shown = adapter == null ? 0 : Integer.parseInt(engine.adapter(adapter).hash().substring(8));
    assertThat(completion.tokens().get(0)).isEqualTo(FakeModel.nextWith(shown, tokens));
    return completion.usage().cachedPromptTokens();
  }

  private Path write(String name, int shown) throws IOException {
    Path adapter = Files.createDirectories(adapters.resolve(name));
    Path weights = adapter.resolve("adapter_model.safetensors");
    Files.writeString(weights, String.valueOf(shown));
    Files.setLastModifiedTime(weights, FileTime.from(Instant.ofEpochSecond(shown)));
    return adapter;
  }

  private static GenerateRequest.Builder request(String adapter) {
    GenerateRequest.Builder request = GenerateRequest.builder("a", PROMPT);
    return adapter == null ? request : request.adapter(adapter);
  }

  /** The one token the engine answers with. */
  private int answer(String adapter) {
    return join(engine.submit(request(adapter).maxTokens(1).build())).tokens().get(0);
  }

  private void assertUnknown(String adapter) {
    assertThatThrownBy(() -> answer(adapter))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            GenerationException.class,
            e -> assertThat(e.code()).isEqualTo(GenerationException.Code.UNKNOWN_ADAPTER));
  }

  /** Frees happen between two steps, so a request that is answered later comes after them. */
  private void awaitAdaptersInMemory(int count) {
    long deadline = System.nanoTime() + 60_000_000_000L;
    do {
      answer(null);
    } while (model.adapterCount() != count && System.nanoTime() < deadline);
    assertThat(model.adapterCount()).isEqualTo(count);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Completion join(Generation generation) {
    return generation.completion().toCompletableFuture().join();
  }
}
