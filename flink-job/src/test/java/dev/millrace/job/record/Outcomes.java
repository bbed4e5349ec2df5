package dev.millrace.job.record;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.util.Collection;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;

/** Reads outcomes back. */
public final class Outcomes {
  private Outcomes() {}

  public static List<GenerationResult> results(Collection<OutputRecord> records) {
    return of(records, OutputTopic.COMPLETIONS, GenerationResult.class);
  }

  public static List<GenerationLatency> latencies(Collection<OutputRecord> records) {
    return of(records, OutputTopic.LATENCY, GenerationLatency.class);
  }

  public static List<DeadLetter> deadLetters(Collection<OutputRecord> records) {
    return of(records, OutputTopic.DEAD_LETTERS, DeadLetter.class);
  }

  private static <T extends SpecificRecordBase> List<T> of(
      Collection<OutputRecord> records, OutputTopic topic, Class<T> type) {
    RecordCodec<T> codec = RecordCodec.of(type);
    return records.stream()
        .filter(record -> record.topic() == topic)
        .map(record -> decode(codec, record))
        .toList();
  }

  private static <T extends SpecificRecordBase> T decode(
      RecordCodec<T> codec, OutputRecord record) {
    try {
      return codec.decode(record.value().array());
    } catch (RecordFormatException e) {
      throw new AssertionError(e);
    }
  }
}
