package dev.millrace.job.task;

import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import java.util.Optional;

/** The form of an answer as the engine has it. */
public final class AnswerFormat {
  private AnswerFormat() {}

  /**
   * The engine's form for a request's or a task's; empty for free text.
   *
   * @throws ResponseFormatException if the value that its type needs is missing or no such value
   */
  public static Optional<ResponseFormat> of(dev.millrace.schema.ResponseFormat format) {
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
