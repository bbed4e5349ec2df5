package dev.millrace.job.serialization;

import dev.millrace.engine.ResponseFormat;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** How a request's {@link ResponseFormat} is written: its kind, then its texts. */
final class ResponseFormatFormat {
  private static final int NONE = 0;
  private static final int CHOICE = 1;
  private static final int REGEX = 2;
  private static final int JSON_SCHEMA = 3;

  private ResponseFormatFormat() {}

  static void write(Optional<ResponseFormat> format, DataOutput out) throws IOException {
    if (format.isEmpty()) {
      out.writeByte(NONE);
    } else if (format.get() instanceof ResponseFormat.Choice choice) {
      out.writeByte(CHOICE);
      Fields.writeTexts(choice.choices(), out);
    } else if (format.get() instanceof ResponseFormat.Regex regex) {
      out.writeByte(REGEX);
      Fields.writeTexts(List.of(regex.pattern()), out);
    } else if (format.get() instanceof ResponseFormat.JsonSchema schema) {
      out.writeByte(JSON_SCHEMA);
      Fields.writeTexts(List.of(schema.schema()), out);
    }
  }

  static Optional<ResponseFormat> read(DataInput in) throws IOException {
    int kind = in.readByte();
    if (kind == NONE) {
      return Optional.empty();
    }
    List<String> texts = Fields.readTexts(in);
    return Optional.of(
        switch (kind) {
          case CHOICE -> new ResponseFormat.Choice(texts);
          case REGEX -> new ResponseFormat.Regex(texts.get(0));
          case JSON_SCHEMA -> new ResponseFormat.JsonSchema(texts.get(0));
          default -> throw new IOException("unknown kind of response format: " + kind);
        });
  }
}
