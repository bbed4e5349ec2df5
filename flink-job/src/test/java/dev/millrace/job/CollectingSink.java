package dev.millrace.job;

import dev.millrace.job.record.OutputRecord;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/** Collects what a job in this process writes. */
public final class CollectingSink implements Sink<OutputRecord> {
  private static final long serialVersionUID = 1L;
  private static final Map<String, Queue<OutputRecord>> COLLECTED = new ConcurrentHashMap<>();

  private final String name = UUID.randomUUID().toString();

  public CollectingSink() {
    COLLECTED.put(name, new ConcurrentLinkedQueue<>());
  }

  public List<OutputRecord> records() {
    return List.copyOf(COLLECTED.get(name));
  }

  @Override
  public SinkWriter<OutputRecord> createWriter(WriterInitContext context) throws IOException {
    return new Writer(COLLECTED.get(name));
  }

  private record Writer(Queue<OutputRecord> collected) implements SinkWriter<OutputRecord> {
    @Override
    public void write(OutputRecord element, Context context) {
      collected.add(element);
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public void close() {}
  }
}
