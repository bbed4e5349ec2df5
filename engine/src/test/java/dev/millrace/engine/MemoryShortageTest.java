package dev.millrace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.model.TinyCheckpoint;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process to which the kernel gives no more memory in the middle of its work. The model is so
 * wide that a step of its prompts wants several hundred megabytes, and one of a tenth of them
 * little.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class MemoryShortageTest {
  private static final int WIDE = 65_536;
  private static final int PROMPTS = 4;
  private static final int PROMPT_TOKENS = 400;
  private static final long LEFT = 96 << 20;

  @TempDir Path directory;

  @Test
  void steps_are_smaller_when_memory_is_short_and_every_answer_is_the_same() throws Exception {
    Path checkpoint =
        new TinyCheckpoint().shape(16, WIDE, 1).heads(2, 1, 8).write(directory.resolve("model"));
    Process child = child(checkpoint);
    try (BufferedReader output = child.inputReader(UTF_8)) {
      assertThat(largestStep(output)).isGreaterThanOrEqualTo(PROMPT_TOKENS);
      takeMemory(child.pid());
      child.getOutputStream().write('\n');
      child.getOutputStream().flush();
      assertThat(largestStep(output)).isBetween(2, PROMPT_TOKENS - 1);
      assertThat(line(output)).isEqualTo("the same answers: true");
      assertThat(child.waitFor()).isZero();
    } finally {
      child.destroyForcibly();
    }
  }

  private static Process child(Path checkpoint) throws IOException {
    ProcessBuilder child =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Child.class.getName(),
            checkpoint.toString());
    child.environment().put("MALLOC_ARENA_MAX", "1"); // or each thread would want an arena yet
    return child.redirectErrorStream(true).start();
  }

  private static int largestStep(BufferedReader output) throws IOException {
    return Integer.parseInt(line(output).replaceAll("\\D", ""));
  }

  /** The next line that the child itself wrote; the rest is its log. */
  private static String line(BufferedReader output) throws IOException {
    StringBuilder log = new StringBuilder();
    String line = output.readLine();
    while (line != null && !line.startsWith("answered") && !line.startsWith("the same")) {
      log.append(line).append('\n');
      line = output.readLine();
    }
    assertThat(line).as(log.toString()).isNotNull();
    return line;
  }

  /** Allows a process what it has, and little more. */
  private static void takeMemory(long pid) throws Exception {
    long size =
        Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
            .filter(line -> line.startsWith("VmSize:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
            .findFirst()
            .orElseThrow();
    Process prlimit =
        new ProcessBuilder("prlimit", "--pid", "" + pid, "--as=" + (size + LEFT))
            .inheritIO()
            .start();
    assertThat(prlimit.waitFor()).isZero();
  }

  /** Answers the same prompts twice; in between it waits for its parent. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      EngineOptions options =
          new EngineOptions(
              Path.of(arguments[0]),
              Device.cpu(),
              Precision.FLOAT32,
              1,
              4096,
              4096,
              0,
              false,
              Optional.empty(),
              Optional.empty(),
              Map.of());
      AtomicInteger largest = new AtomicInteger();
      EngineListener listener =
          new EngineListener() {
            @Override
            public void stepped(StepReport step) {
              largest.accumulateAndGet(step.tokens(), Math::max);
            }
          };
      try (Engine engine = Engine.open(options, listener)) {
        List<TokenIds> before = answers(engine);
        System.out.printf("answered in steps of up to %d tokens%n", largest.getAndSet(0));
        System.in.read();
        List<TokenIds> after = answers(engine);
        System.out.printf("answered in steps of up to %d tokens%n", largest.get());
        System.out.println("the same answers: " + after.equals(before));
      }
    }

    private static List<TokenIds> answers(Engine engine) {
      List<Generation> generations =
          IntStream.range(0, PROMPTS).mapToObj(i -> engine.submit(request(i))).toList();
      return generations.stream()
          .map(generation -> generation.completion().toCompletableFuture().join().tokens())
          .toList();
    }

    private static GenerateRequest request(int i) {
      int[] prompt = IntStream.range(0, PROMPT_TOKENS).map(j -> (i * 31 + j * 7) % 490).toArray();
      return GenerateRequest.builder("request " + i, TokenIds.of(prompt))
          .maxTokens(8)
          .ignoreEndOfSequence()
          .build();
    }
  }
}
