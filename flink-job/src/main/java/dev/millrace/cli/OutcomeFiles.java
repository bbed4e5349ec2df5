package dev.millrace.cli;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.avro.specific.SpecificRecordBase;

/** Outcomes as JSONL files of one folder. Not safe for use by several threads. */
final class OutcomeFiles implements OutcomeReader.Sink, AutoCloseable {
  private final File<GenerationResult> completions;
  private final File<DeadLetter> deadLetters;
  private final File<GenerationLatency> latencies;

  private OutcomeFiles(Path folder, OpenOption mode) throws IOException {
    Files.createDirectories(folder);
    this.completions = new File<>(folder, "completions.jsonl", mode, GenerationResult.class);
    this.deadLetters = new File<>(folder, "dead-letters.jsonl", mode, DeadLetter.class);
    this.latencies = new File<>(folder, "latency.jsonl", mode, GenerationLatency.class);
  }

  /** Files with these outcomes alone; what was in them before is gone. */
  static OutcomeFiles create(Path folder) throws IOException {
    return new OutcomeFiles(folder, StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** Files that these outcomes are added to. */
  static OutcomeFiles append(Path folder) throws IOException {
    return new OutcomeFiles(folder, StandardOpenOption.APPEND);
  }

  @Override
  public void completion(GenerationResult completion) {
    completions.write(completion);
  }

  @Override
  public void latency(GenerationLatency latency) {
    latencies.write(latency);
  }

  @Override
  public void deadLetter(DeadLetter deadLetter) {
    deadLetters.write(deadLetter);
  }

  /** Completions and dead letters written. */
  long outcomes() {
    return completions.count + deadLetters.count;
  }

  /** Whether every completion written has its latency record. */
  boolean latenciesAreComplete() {
    return latencies.count >= completions.count;
  }

  /** What was written, for a person. */
  String summary() {
    return completions.count
        + " completions, "
        + deadLetters.count
        + " dead letters, "
        + latencies.count
        + " latency records";
  }

  void flush() throws IOException {
    completions.writer.flush();
    deadLetters.writer.flush();
    latencies.writer.flush();
  }

  @Override
  public void close() throws IOException {
    completions.writer.close();
    deadLetters.writer.close();
    latencies.writer.close();
  }

  private static final class File<T extends SpecificRecordBase> {
    private final BufferedWriter writer;
    private final NaturalJson<T> json;
    private long count;

    File(Path folder, String name, OpenOption mode, Class<T> type) throws IOException {
      this.writer =
          Files.newBufferedWriter(
              folder.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE, mode);
      this.json = NaturalJson.of(type);
    }

    void write(T value) {
      try {
        writer.write(json.write(value));
        writer.write('\n');
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write outcomes: " + e.getMessage(), e);
      }
      count++;
    }
  }
}
