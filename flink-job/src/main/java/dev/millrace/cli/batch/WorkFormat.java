package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.serialization.RecordTypes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Clock;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.reader.SimpleStreamFormat;
import org.apache.flink.connector.file.src.reader.StreamFormat;
import org.apache.flink.core.fs.FSDataInputStream;

/** Reads work files for Flink's file source, which remembers how many lines it has taken. */
final class WorkFormat extends SimpleStreamFormat<PromptRecord> {
  private static final long serialVersionUID = 1L;
  private static final Clock CLOCK = Clock.systemUTC();

  @Override
  public StreamFormat.Reader<PromptRecord> createReader(
      Configuration configuration, FSDataInputStream stream) {
    return new LineReader(new BufferedReader(new InputStreamReader(stream, UTF_8)));
  }

  @Override
  public TypeInformation<PromptRecord> getProducedType() {
    return RecordTypes.PROMPT;
  }

  private record LineReader(BufferedReader lines) implements StreamFormat.Reader<PromptRecord> {
    @Override
    public PromptRecord read() throws IOException {
      String line = lines.readLine();
      return line == null ? null : WorkItem.parse(line).prompt(CLOCK.millis());
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
