package dev.millrace.job.trace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.RecordHeader;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Spans of what became of prompts, in OpenTelemetry's GenAI conventions. A prompt's span continues
 * the trace in its {@code traceparent} header, and its outcome's headers continue the span's.
 *
 * <p>A span says which model, how many tokens and how long; never what was asked or answered. It is
 * made when the outcome is there, from the times in the records, so that nothing of it has to be
 * kept over a failure. What cannot be exported is dropped: tracing never holds up the job.
 */
public final class GenerationTraces implements AutoCloseable {
  private static final String OPERATION = "text_completion";
  private static final long CLOSE_SECONDS = 5;
  private static final W3CTraceContextPropagator W3C = W3CTraceContextPropagator.getInstance();
  private static final TextMapGetter<List<RecordHeader>> HEADERS = new HeaderGetter();

  /** Where a prompt was read. */
  private record Origin(String topic, int partition, long offset, List<RecordHeader> headers) {}

  private final SdkTracerProvider provider;
  private final Tracer tracer;

  GenerationTraces(SpanProcessor processor, String serviceName) {
    requireNonNull(processor, "processor");
    provider =
        SdkTracerProvider.builder()
            .setResource(
                Resource.getDefault().toBuilder()
                    .put(AttributeKey.stringKey("service.name"), serviceName)
                    .build())
            .addSpanProcessor(processor)
            .build();
    tracer = provider.get("dev.millrace");
  }

  /**
   * Exports to a collector.
   *
   * @param endpoint of OTLP over HTTP, for example {@code http://collector:4318/v1/traces}
   */
  public static GenerationTraces exportingTo(String endpoint) {
    OtlpHttpSpanExporter exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(endpoint)
            .setTimeout(Duration.ofSeconds(CLOSE_SECONDS))
            .build();
    return new GenerationTraces(BatchSpanProcessor.builder(exporter).build(), "millrace");
  }

  /** Makes the span of a completion and gives the headers for its records. */
  public List<RecordHeader> completed(
      PromptRecord prompt, GenerationResult result, GenerationLatency latency, long emittedAt) {
    Origin origin =
        new Origin(prompt.topic(), prompt.partition(), prompt.offset(), prompt.headers());
    Span span = start(origin, result.getProvenance().getModel(), prompt.readAt());
    span.setAttribute("gen_ai.response.id", result.getId());
    span.setAttribute("gen_ai.response.model", result.getProvenance().getModel());
    span.setAttribute(
        AttributeKey.stringArrayKey("gen_ai.response.finish_reasons"),
        List.of(result.getFinishReason().name()));
    span.setAttribute("gen_ai.usage.input_tokens", result.getPromptTokens());
    span.setAttribute("gen_ai.usage.output_tokens", result.getCompletionTokens());
    span.setAttribute("millrace.cached_prompt_tokens", result.getCachedPromptTokens());
    span.setAttribute("millrace.reused", result.getReused());
    span.setAttribute("millrace.attempts", latency.getAttempts());
    span.setAttribute("millrace.resumed_tokens", latency.getResumedTokens());
    span.setAttribute("millrace.device", latency.getDevice());
    span.addEvent(
        "first token",
        prompt.readAt() + Math.round(latency.getTimeToFirstTokenMs()),
        TimeUnit.MILLISECONDS);
    return end(span, origin, emittedAt);
  }

  /** Makes the span of a dead letter and gives the headers for its record. */
  public List<RecordHeader> refused(
      OutputRecord record, DeadLetter letter, String model, long emittedAt) {
    Origin origin =
        new Origin(letter.getTopic(), letter.getPartition(), letter.getOffset(), record.headers());
    Span span = start(origin, model, emittedAt);
    letter.getId().ifPresent(id -> span.setAttribute("gen_ai.response.id", id));
    span.setAttribute("error.type", letter.getCode());
    span.setStatus(StatusCode.ERROR);
    return end(span, origin, emittedAt);
  }

  private Span start(Origin origin, String model, long startedAt) {
    return tracer
        .spanBuilder(OPERATION + " " + model)
        .setParent(W3C.extract(Context.root(), origin.headers(), HEADERS))
        .setSpanKind(SpanKind.INTERNAL)
        .setStartTimestamp(startedAt, TimeUnit.MILLISECONDS)
        .setAttribute("gen_ai.operation.name", OPERATION)
        .setAttribute("gen_ai.provider.name", "millrace")
        .setAttribute("gen_ai.request.model", model)
        .setAttribute("messaging.system", "kafka")
        .setAttribute("messaging.destination.name", origin.topic())
        .setAttribute("messaging.destination.partition.id", "" + origin.partition())
        .setAttribute("messaging.kafka.offset", origin.offset())
        .startSpan();
  }

  private static List<RecordHeader> end(Span span, Origin origin, long emittedAt) {
    span.end(emittedAt, TimeUnit.MILLISECONDS);
    Map<String, String> context = new LinkedHashMap<>();
    W3C.inject(Context.root().with(span), context, Map::put);
    List<RecordHeader> headers = new ArrayList<>(origin.headers());
    headers.removeIf(header -> W3C.fields().contains(header.key()));
    context.forEach(
        (key, value) -> headers.add(new RecordHeader(key, Optional.of(Bytes.utf8(value)))));
    return headers;
  }

  /** Exports what is left, for a few seconds at most. */
  @Override
  public void close() {
    provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
  }

  /** Of a header that repeats, the last counts. */
  private static final class HeaderGetter implements TextMapGetter<List<RecordHeader>> {
    @Override
    @SuppressWarnings("deprecation") // it has to be there all the same
    public Iterable<String> keys(List<RecordHeader> headers) {
      return headers.stream().map(RecordHeader::key).toList();
    }

    @Override
    public String get(List<RecordHeader> headers, String key) {
      String found = null;
      for (RecordHeader header : headers) {
        if (header.key().equalsIgnoreCase(key) && header.value().isPresent()) {
          found = new String(header.value().get().array(), UTF_8);
        }
      }
      return found;
    }
  }
}
