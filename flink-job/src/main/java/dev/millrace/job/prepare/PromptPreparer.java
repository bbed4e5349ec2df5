package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.job.config.RequestDefaults;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.outcome.DeadLetters;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Refusal;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.RequestReader;
import dev.millrace.schema.Stage;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a record from its bytes to a task for the engine: decode, validate, render, plan. Whatever
 * a record contains, it comes out as a task or as a refusal and never as an exception. Not
 * thread-safe.
 */
public final class PromptPreparer {
  private static final Logger LOG = LoggerFactory.getLogger(PromptPreparer.class);

  private final RequestReader reader = new RequestReader();
  private final RequestDefaults defaults;
  private final RequestValidator validator;
  private final RequestRenderer renderer;
  private final RequestPlanner planner;

  public PromptPreparer(ModelRuntime model, RequestDefaults defaults) {
    this.defaults = requireNonNull(defaults, "defaults");
    this.validator = new RequestValidator(model.card().name());
    this.renderer = new RequestRenderer(model);
    this.planner = new RequestPlanner(model.card(), defaults);
  }

  /** A task for the engine, or a refusal; never an exception. */
  public Prepared prepare(PromptRecord prompt) {
    GenerationRequest request;
    try {
      request = decode(prompt);
    } catch (RecordFormatException e) {
      return refusal(prompt, Optional.empty(), e.code(), e.getMessage());
    }
    return prepare(prompt, request);
  }

  private Prepared prepare(PromptRecord prompt, GenerationRequest request) {
    Optional<String> id = Optional.of(request.getId());
    try {
      validator.validate(request, Instant.ofEpochMilli(prompt.readAt()));
      RenderedRequest rendered = renderer.render(request);
      GenerateRequest plan = planner.plan(request, rendered);
      return new GenerationTask(prompt, plan, request.getAttributes(), rendered.templateVersion());
    } catch (RefusedException e) {
      return refusal(prompt, id, e.code(), e.getMessage());
    } catch (RuntimeException e) {
      // A bug of ours or of a library must not stop the topic at this record for ever.
      LOG.error(
          "{}-{}@{} could not be rendered", prompt.topic(), prompt.partition(), prompt.offset(), e);
      return new Refusal(
          DeadLetters.of(
              prompt,
              id,
              Stage.RENDER,
              ErrorCode.TEMPLATE_ERROR,
              "the request could not be rendered (" + e + "): please report this with the record",
              0));
    }
  }

  private GenerationRequest decode(PromptRecord prompt) throws RecordFormatException {
    if (prompt.size() > defaults.maxRecordBytes()) {
      throw new RecordFormatException(
          ErrorCode.RECORD_TOO_LARGE,
          "the record has %d bytes, the job takes %d: split the document or raise millrace.max-record-size"
              .formatted(prompt.size(), defaults.maxRecordBytes()));
    }
    Bytes value =
        prompt
            .value()
            .orElseThrow(
                () ->
                    new RecordFormatException(
                        ErrorCode.NULL_VALUE,
                        "the record has no value: send a request, tombstones mean nothing here"));
    return reader.read(value.array());
  }

  private static Refusal refusal(
      PromptRecord prompt, Optional<String> id, ErrorCode code, String message) {
    return new Refusal(DeadLetters.of(prompt, id, code, message));
  }
}
