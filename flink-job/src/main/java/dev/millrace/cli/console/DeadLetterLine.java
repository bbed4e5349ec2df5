package dev.millrace.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.RequestReader;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A dead letter as the page shows it.
 *
 * @param at when the console saw it, in epoch milliseconds; null: it was there before
 * @param prompt how what was asked begins, or the record where it cannot be read
 */
record DeadLetterLine(
    Long at, String id, String from, String stage, String code, String message, String prompt) {
  private static final RequestReader REQUESTS = new RequestReader();
  private static final int MESSAGE = 600;
  private static final int PROMPT = 400;
  private static final int NAME = 120;

  static DeadLetterLine of(DeadLetter letter, Long at) {
    return new DeadLetterLine(
        at,
        letter.getId().map(id -> Excerpt.of(id, NAME)).orElse(null),
        Excerpt.of(letter.getTopic(), NAME)
            + "-"
            + letter.getPartition()
            + "@"
            + letter.getOffset(),
        letter.getStage().name(),
        Excerpt.of(letter.getCode(), NAME),
        Excerpt.of(letter.getMessage(), MESSAGE),
        beginning(letter.getValue()));
  }

  /** What was asked, if the record can be read that far. */
  private static String beginning(Optional<ByteBuffer> value) {
    if (value.isEmpty()) {
      return "";
    }
    byte[] bytes = new byte[value.get().remaining()];
    value.get().duplicate().get(bytes);
    try {
      return Excerpt.of(question(REQUESTS.read(bytes)), PROMPT);
    } catch (RecordFormatException e) {
      return RecordCodec.isSingleObject(bytes)
          ? "(" + bytes.length + " bytes of Avro)"
          : Excerpt.of(new String(bytes, 0, Math.min(bytes.length, 4 * PROMPT), UTF_8), PROMPT);
    }
  }

  private static String question(GenerationRequest request) {
    return request
        .getPrompt()
        .or(
            () ->
                request
                    .getMessages()
                    .filter(messages -> !messages.isEmpty())
                    .map(messages -> messages.get(messages.size() - 1).getContent()))
        .orElseGet(() -> String.join("\n", request.getInput().values()));
  }
}
