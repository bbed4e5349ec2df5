package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.model.FakeModel;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceLossTest {
  private static final String SURVIVED = "the process goes on";

  @TempDir Path directory;

  @Test
  void a_process_whose_device_is_lost_ends_with_its_own_exit_code() throws Exception {
    Path checkpoint = new TinyCheckpoint().write(directory.resolve("model"));
    Path output = directory.resolve("output");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                checkpoint.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(child.waitFor(2, TimeUnit.MINUTES)).as("the process has ended").isTrue();
      assertThat(child.exitValue()).as(read(output)).isEqualTo(DeviceLoss.EXIT_CODE);
      assertThat(read(output)).doesNotContain(SURVIVED);
    } finally {
      child.destroyForcibly();
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file);
  }

  /**
   * Serves one request with a model that loses its device; a shutdown hook hangs, as CUDA's may.
   */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      Runtime.getRuntime().addShutdownHook(new Thread(Child::hang));
      Path checkpoint = Path.of(arguments[0]);
      FakeModel model = new FakeModel(100);
      model.loseDevice();
      Engine engine =
          DeviceLoss.endsProcess(
              new Engine(
                  EngineOptions.of(checkpoint),
                  Tokenizer.load(checkpoint),
                  () -> model,
                  EngineListener.NONE));
      GenerateRequest request = GenerateRequest.builder("a", TokenIds.of(1, 2)).build();
      engine
          .submit(request)
          .completion()
          .whenComplete((completion, failure) -> System.out.println("the request has failed"))
          .toCompletableFuture()
          .handle((completion, failure) -> null)
          .join();
      hang();
      System.out.println(SURVIVED);
    }

    private static void hang() {
      try {
        if (new CountDownLatch(1).await(1, TimeUnit.MINUTES)) {
          throw new IllegalStateException("nobody counts down");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
