package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import dev.millrace.engine.model.AdapterCheckpoint;
import dev.millrace.engine.model.Checkpoint;
import dev.millrace.engine.model.TensorInfo;
import dev.millrace.engine.text.ChatTemplate;
import dev.millrace.engine.text.Tokenizer;
import dev.millrace.engine.text.Vocabulary;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand spoilt files. Each ends in an error that names the file, or in a load that stays
 * within it, and costs memory and time in proportion to the file.
 */
class HostileFilesTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long MOST_BYTES = 48L << 20;
  private static final Duration MOST_TIME = Duration.ofSeconds(10); // of this thread, not the clock

  @TempDir Path directory;
  private int refused;

  @Test
  void headersOfSafetensors() throws IOException {
    copy("families/llama-2-70b");
    fuzzHeader(directory.resolve("model-00001-of-00002.safetensors"), 2000, this::openCheckpoint);
    assertThat(refused).isBetween(1000, 1999);
  }

  @Test
  void indexesOfShards() throws IOException {
    copy("families/llama-2-70b");
    fuzz(directory.resolve("model.safetensors.index.json"), 500, this::openCheckpoint);
    assertThat(refused).isBetween(100, 499);
  }

  @Test
  void configurationsOfEveryKind() throws IOException {
    for (String family :
        new String[] {"llama-3.1", "rope-yarn-mscale", "mixtral", "llama-4-scout"}) {
      copy("families/" + family);
      fuzz(directory.resolve("config.json"), 800, this::openCheckpoint);
    }
    assertThat(refused).isBetween(1000, 3199);
  }

  @Test
  void adapters() throws IOException {
    copy("families/llama-3.1");
    copy("adapters/everywhere");
    Checkpoint model = Checkpoint.open(directory);
    Load open =
        () -> {
          AdapterCheckpoint adapter = AdapterCheckpoint.open(directory, model.config());
          assertWithinFiles(adapter.tensors().values());
        };
    fuzz(directory.resolve("adapter_config.json"), 1000, open);
    fuzzHeader(directory.resolve("adapter_model.safetensors"), 800, open);
    assertThat(refused).isBetween(600, 1799);
  }

  @Test
  void vocabularies() throws IOException {
    for (String kind : new String[] {"byte-level", "sentencepiece"}) {
      copy("tokenizers/" + kind);
      fuzz(directory.resolve("tokenizer.json"), 800, () -> Vocabulary.load(directory));
    }
    assertThat(refused).isBetween(400, 1599);
  }

  @Test
  void tokenizersInTheNativeLibrary() throws IOException {
    for (String kind : new String[] {"byte-level", "sentencepiece"}) {
      copy("tokenizers/" + kind);
      Load load =
          () -> {
            try (Tokenizer tokenizer = Tokenizer.load(directory)) {
              tokenizer.decode(tokenizer.encode("Grüezi \uD83D\uDC4D", true), false);
            }
          };
      fuzz(directory.resolve("tokenizer.json"), 150, load);
    }
    assertThat(refused).isBetween(50, 299);
  }

  @Test
  void configurationsOfTokenizers() throws IOException {
    copy("tokenizers/byte-level");
    Vocabulary vocabulary = Vocabulary.load(directory);
    fuzz(
        directory.resolve("tokenizer_config.json"),
        600,
        () -> ChatTemplate.load(directory, vocabulary));
    assertThat(refused).isBetween(100, 599);
  }

  private interface Load {
    void run() throws IOException;
  }

  private void openCheckpoint() {
    assertWithinFiles(Checkpoint.open(directory).tensors().values());
  }

  private static void assertWithinFiles(Collection<TensorInfo> tensors) {
    for (TensorInfo tensor : tensors) {
      try {
        assertThat(tensor.offset() + tensor.byteLength())
            .as(tensor.name())
            .isLessThanOrEqualTo(Files.size(tensor.file()));
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  private void fuzz(Path file, int count, Load load) throws IOException {
    byte[] sound = Files.readAllBytes(file);
    Random random = new Random(count);
    for (int i = 0; i < count; i++) {
      Files.write(file, Mutation.of(sound, random));
      expectErrorOrLoad(file, i, load);
    }
    Files.write(file, sound);
  }

  /** Spoils what is between the length of the header and the tensors, or the length. */
  private void fuzzHeader(Path file, int count, Load load) throws IOException {
    byte[] sound = Files.readAllBytes(file);
    ByteBuffer buffer = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) buffer.getLong(0);
    byte[] header = Arrays.copyOfRange(sound, 8, 8 + length);
    byte[] tensors = Arrays.copyOfRange(sound, 8 + length, sound.length);
    Random random = new Random(count);
    for (int i = 0; i < count; i++) {
      byte[] spoilt = Mutation.of(header, random);
      ByteBuffer written = ByteBuffer.allocate(8 + spoilt.length + tensors.length);
      written.order(ByteOrder.LITTLE_ENDIAN).putLong(length(random, spoilt.length));
      Files.write(file, written.put(spoilt).put(tensors).array());
      expectErrorOrLoad(file, i, load);
    }
    Files.write(file, sound);
  }

  private static long length(Random random, int actual) {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextLong();
      case 1 -> actual + random.nextInt(64) - 32L;
      case 2 -> Long.MAX_VALUE - random.nextInt(16);
      case 3 -> 90_000_000L;
      default -> actual;
    };
  }

  private void expectErrorOrLoad(Path file, int number, Load load) {
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long time = THREADS.getCurrentThreadCpuTime();
    try {
      load.run();
    } catch (CheckpointException refusal) {
      refused++;
      assertThat(refusal).hasMessageContaining(directory.getFileName().toString());
    } catch (Exception | StackOverflowError | OutOfMemoryError other) {
      fail("mutation %d of %s".formatted(number, file), other);
    }
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - bytes)
        .as("bytes allocated by mutation %d of %s", number, file)
        .isLessThan(MOST_BYTES);
    assertThat(Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - time))
        .as("time taken by mutation %d of %s", number, file)
        .isLessThan(MOST_TIME);
  }

  private void copy(String resource) throws IOException {
    try {
      Path source = Path.of(HostileFilesTest.class.getResource("/" + resource).toURI());
      try (var files = Files.newDirectoryStream(source)) {
        for (Path file : files) {
          if (!file.getFileName().toString().startsWith("reference")) {
            Files.write(directory.resolve(file.getFileName()), Files.readAllBytes(file));
          }
        }
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
