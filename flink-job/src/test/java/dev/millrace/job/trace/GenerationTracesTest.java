package dev.millrace.job.trace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.cli.report.Outcomes;
import dev.millrace.job.outcome.DeadLetters;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.record.RecordHeader;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GenerationTracesTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "b7ad6b7169203331";

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final GenerationTraces traces =
      new GenerationTraces(SimpleSpanProcessor.create(exporter), "test");
  private final GenerationResult result = Outcomes.completion("a", 5);
  private final GenerationLatency latency = Outcomes.latency("a", 1_000);

  @Test
  void aSpanContinuesThePromptsTraceAndTheOutcomeContinuesTheSpan() {
    PromptRecord prompt = prompt("00-" + TRACE + "-" + PARENT + "-01");
    List<RecordHeader> headers = traces.completed(prompt, result, latency, Prompts.READ_AT + 900);
    SpanData span = exporter.getFinishedSpanItems().get(0);
    assertThat(span.getTraceId()).isEqualTo(TRACE);
    assertThat(span.getParentSpanId()).isEqualTo(PARENT);
    assertThat(header(headers, "traceparent"))
        .containsExactly("00-" + TRACE + "-" + span.getSpanId() + "-01");
    assertThat(header(headers, "tracestate")).containsExactly("vendor=1");
    assertThat(header(headers, "trace")).as("other headers stay").containsExactly("a", "b");
  }

  @Test
  void aSpanSaysWhatWasDoneButNotWhatWasSaid() {
    List<RecordHeader> unused =
        traces.completed(Prompts.record("secret"), result, latency, Prompts.READ_AT + 900);
    SpanData span = exporter.getFinishedSpanItems().get(0);
    assertThat(span.getName()).isEqualTo("text_completion m");
    assertThat(TimeUnit.NANOSECONDS.toMillis(span.getStartEpochNanos())).isEqualTo(Prompts.READ_AT);
    assertThat(TimeUnit.NANOSECONDS.toMillis(span.getEndEpochNanos()))
        .isEqualTo(Prompts.READ_AT + 900);
    assertThat(span.getAttributes().get(AttributeKey.longKey("gen_ai.usage.output_tokens")))
        .isEqualTo(5);
    assertThat(span.getAttributes().get(AttributeKey.longKey("messaging.kafka.offset")))
        .isEqualTo(42);
    assertThat(span.getEvents())
        .extracting(event -> event.getName())
        .containsExactly("first token");
    assertThat(span.toString()).doesNotContain("secret").doesNotContain(result.getText());
  }

  @Test
  void aDeadLettersSpanIsAnErrorWithItsCode() {
    OutputRecord letter =
        DeadLetters.of(
            prompt("00-" + TRACE + "-" + PARENT + "-01"),
            Optional.of("a"),
            ErrorCode.INVALID_TOP_P,
            "no");
    List<RecordHeader> headers =
        traces.refused(letter, DeadLetters.read(letter), "m", Prompts.READ_AT);
    SpanData span = exporter.getFinishedSpanItems().get(0);
    assertThat(span.getTraceId()).isEqualTo(TRACE);
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(span.getAttributes().get(AttributeKey.stringKey("error.type")))
        .isEqualTo("INVALID_TOP_P");
    assertThat(header(headers, "traceparent"))
        .singleElement()
        .asString()
        .contains(span.getSpanId());
  }

  @Test
  void whoeverDecidedNotToSampleATraceIsFollowed() {
    PromptRecord unsampled = prompt("00-" + TRACE + "-" + PARENT + "-00");
    assertThat(header(traces.completed(unsampled, result, latency, 9_000), "traceparent"))
        .singleElement()
        .asString()
        .startsWith("00-" + TRACE)
        .endsWith("-00");
    assertThat(exporter.getFinishedSpanItems()).isEmpty();
  }

  @Test
  void spansArriveAtACollectorOverHttp() throws Exception {
    BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          received.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    try (GenerationTraces exporting =
        GenerationTraces.exportingTo(
            "http://localhost:" + collector.getAddress().getPort() + "/v1/traces")) {
      List<RecordHeader> unused = exporting.completed(Prompts.record("x"), result, latency, 9_000);
    }
    byte[] spans = received.poll(1, TimeUnit.MINUTES);
    collector.stop(0);
    assertThat(new String(spans, UTF_8)).contains("text_completion m").contains("gen_ai.request");
  }

  @AfterEach
  void close() {
    traces.close();
  }

  private static PromptRecord prompt(String traceparent) {
    PromptRecord plain = Prompts.record("x");
    List<RecordHeader> headers = new ArrayList<>(plain.headers());
    headers.add(new RecordHeader("traceparent", Optional.of(Bytes.utf8(traceparent))));
    headers.add(new RecordHeader("tracestate", Optional.of(Bytes.utf8("vendor=1"))));
    return new PromptRecord(
        plain.topic(),
        plain.partition(),
        plain.offset(),
        plain.timestamp(),
        plain.key(),
        plain.value(),
        headers,
        plain.readAt());
  }

  private static List<String> header(List<RecordHeader> headers, String key) {
    return headers.stream()
        .filter(header -> header.key().equals(key))
        .map(header -> new String(header.value().orElseThrow().array(), UTF_8))
        .toList();
  }
}
