package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.job.record.OutputRecord;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Clock;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.flink.api.common.serialization.Encoder;

/** Writes outcomes as {@link OutcomeLine}s for Flink's file sink. */
final class OutcomeEncoder implements Encoder<OutputRecord> {
  private static final long serialVersionUID = 1L;
  private static final Clock CLOCK = Clock.systemUTC();
  private static final Form<GenerationResult> RESULTS = new Form<>(GenerationResult.class);
  private static final Form<GenerationLatency> LATENCIES = new Form<>(GenerationLatency.class);
  private static final Form<DeadLetter> DEAD_LETTERS = new Form<>(DeadLetter.class);

  @Override
  public void encode(OutputRecord record, OutputStream out) throws IOException {
    Optional<OutcomeKind> kind = OutcomeKind.of(record.topic());
    if (kind.isPresent()) {
      encode(kind.get(), record, out);
    }
  }

  private static void encode(OutcomeKind kind, OutputRecord record, OutputStream out)
      throws IOException {
    RowKey key = RowKey.parse(new String(record.key().orElseThrow().array(), UTF_8));
    byte[] value = record.value().array();
    String json =
        switch (kind) {
          case COMPLETION -> RESULTS.json(value);
          case LATENCY -> LATENCIES.json(value);
          case DEAD_LETTER -> DEAD_LETTERS.json(value);
        };
    out.write((new OutcomeLine(kind, key, CLOCK.millis(), json).line() + "\n").getBytes(UTF_8));
  }

  /** One record type, from its bytes to its JSON. */
  private static final class Form<T extends SpecificRecordBase> {
    private final RecordCodec<T> codec;
    private final NaturalJson<T> json;

    Form(Class<T> type) {
      codec = RecordCodec.of(type);
      json = NaturalJson.of(type);
    }

    String json(byte[] value) throws IOException {
      try {
        return json.write(codec.decode(value));
      } catch (RecordFormatException e) {
        throw new IOException("the job wrote a record it cannot read: " + e.getMessage(), e);
      }
    }
  }
}
