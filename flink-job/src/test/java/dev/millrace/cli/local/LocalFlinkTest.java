package dev.millrace.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalFlinkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ANY_PORT = 0;

  @TempDir private Path checkpoints;

  @Test
  void aFailedJobTellsItsReason() throws Exception {
    try (LocalFlink flink = LocalFlink.start(1, ANY_PORT, checkpoints);
        LocalJob job = flink.submit(failingJob(flink).getStreamGraph())) {
      assertThatThrownBy(() -> awaitEnd(job))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no such weights");
    }
  }

  @Test
  void theWebInterfaceAnswers() throws Exception {
    try (LocalFlink flink = LocalFlink.start(1, ANY_PORT, checkpoints)) {
      HttpRequest request = HttpRequest.newBuilder(flink.webUi().resolve("/overview")).build();

      // It asks for patience until the cluster has elected its leaders.
      String answer = "";
      Instant end = Instant.now().plus(PATIENCE);
      while (!answer.contains("\"slots-total\":1") && Instant.now().isBefore(end)) {
        answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
      }
      assertThat(answer).contains("\"slots-total\":1");
    }
  }

  private static StreamExecutionEnvironment failingJob(LocalFlink flink) {
    StreamExecutionEnvironment environment =
        flink.environment(Duration.ofSeconds(1), Optional.empty());
    environment
        .fromData(1)
        .map(LocalFlinkTest::fail)
        .returns(Types.INT)
        .sinkTo(new DiscardingSink<>());
    return environment;
  }

  private static int fail(int value) {
    throw new IllegalStateException("no such weights: " + value);
  }

  private static void awaitEnd(LocalJob job) throws Exception {
    job.awaitRunning(PATIENCE);
    Instant end = Instant.now().plus(PATIENCE);
    while (Instant.now().isBefore(end)) {
      job.requireAlive();
      Thread.sleep(10);
    }
  }
}
