package dev.millrace.job.outcome;

import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.Header;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.Stage;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Writes the dead letters of prompts that get no completion. */
public final class DeadLetters {
  private static final RecordCodec<DeadLetter> CODEC = RecordCodec.of(DeadLetter.class);

  private DeadLetters() {}

  /** A letter from the stage at which the error is found first, before any engine. */
  public static OutputRecord of(
      PromptRecord prompt, Optional<String> id, ErrorCode code, String message) {
    return of(prompt, id, code.stage(), code, message, 0);
  }

  /** A letter from any stage. */
  public static OutputRecord of(
      PromptRecord prompt,
      Optional<String> id,
      Stage stage,
      ErrorCode code,
      String message,
      int attempts) {
    return of(prompt, id, stage, code, message, attempts, Optional.empty());
  }

  /**
   * A letter from any stage.
   *
   * @param category what a guard blocked it for
   */
  public static OutputRecord of(
      PromptRecord prompt,
      Optional<String> id,
      Stage stage,
      ErrorCode code,
      String message,
      int attempts,
      Optional<String> category) {
    DeadLetter letter = new DeadLetter();
    letter.setId(id.orElse(null));
    letter.setTopic(prompt.topic());
    letter.setPartition(prompt.partition());
    letter.setOffset(prompt.offset());
    letter.setTimestamp(instant(prompt.timestamp()).orElse(null));
    letter.setKey(prompt.key().map(Bytes::buffer).orElse(null));
    letter.setValue(prompt.value().map(Bytes::buffer).orElse(null));
    letter.setHeaders(
        prompt.headers().stream()
            .map(header -> new Header(header.key(), header.value().map(Bytes::buffer).orElse(null)))
            .toList());
    letter.setStage(stage);
    letter.setCode(code.name());
    letter.setMessage(message);
    letter.setAttempts(attempts);
    letter.setCategory(category.orElse(null));
    return OutputRecord.of(OutputTopic.DEAD_LETTERS, prompt, CODEC.encode(letter));
  }

  /** Reads a letter that this class has written. */
  public static DeadLetter read(OutputRecord letter) {
    try {
      return CODEC.decode(letter.value().array());
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a dead letter of this job cannot be read", e);
    }
  }

  private static Optional<Instant> instant(OptionalLong millis) {
    return millis.isPresent()
        ? Optional.of(Instant.ofEpochMilli(millis.getAsLong()))
        : Optional.empty();
  }
}
