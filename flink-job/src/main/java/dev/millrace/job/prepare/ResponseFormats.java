package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.RefusedException;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import java.util.Optional;

/** The form that a request's answer shall have, once it is sure that the model can keep to it. */
final class ResponseFormats {
  private final ModelRuntime model;

  ResponseFormats(ModelRuntime model) {
    this.model = requireNonNull(model, "model");
  }

  /**
   * The request's format; empty for free text.
   *
   * @throws RefusedException if it cannot be guaranteed
   */
  Optional<ResponseFormat> of(GenerationRequest request) throws RefusedException {
    try {
      Optional<ResponseFormat> format =
          request.getResponseFormat().flatMap(ResponseFormats::engineFormat);
      format.ifPresent(model::prepare);
      return format;
    } catch (ResponseFormatException e) {
      throw new RefusedException(
          ErrorCode.INVALID_RESPONSE_FORMAT, "response_format: " + e.getMessage());
    }
  }

  private static Optional<ResponseFormat> engineFormat(dev.millrace.schema.ResponseFormat format) {
    return switch (format.getType()) {
      case text -> Optional.empty();
      case choice -> Optional.of(new ResponseFormat.Choice(format.getChoice()));
      case regex ->
          Optional.of(new ResponseFormat.Regex(given(format.getRegex(), "regex", "pattern")));
      case json_schema ->
          Optional.of(
              new ResponseFormat.JsonSchema(
                  given(format.getJsonSchema(), "json_schema", "schema")));
    };
  }

  private static String given(Optional<String> value, String type, String what) {
    return value.orElseThrow(
        () ->
            new ResponseFormatException(
                "type is %s, but %s is missing: give the %s there".formatted(type, type, what)));
  }
}
