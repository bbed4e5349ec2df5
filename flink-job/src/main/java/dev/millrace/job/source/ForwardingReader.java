package dev.millrace.job.source;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.PromptRecord;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.InputStatus;

/**
 * Another reader in everything, until a subclass has it otherwise. Confined to the task thread,
 * like every reader.
 *
 * @param <SplitT> the source's splits
 */
@SuppressWarnings("try") // Flink's signature of close
public abstract class ForwardingReader<SplitT extends SourceSplit>
    implements SourceReader<PromptRecord, SplitT> {
  private final SourceReader<PromptRecord, SplitT> reader;

  protected ForwardingReader(SourceReader<PromptRecord, SplitT> reader) {
    this.reader = requireNonNull(reader, "reader");
  }

  @Override
  public InputStatus pollNext(ReaderOutput<PromptRecord> output) throws Exception {
    return reader.pollNext(output);
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return reader.isAvailable();
  }

  @Override
  public void start() {
    reader.start();
  }

  @Override
  public List<SplitT> snapshotState(long checkpoint) {
    return reader.snapshotState(checkpoint);
  }

  @Override
  public void addSplits(List<SplitT> splits) {
    reader.addSplits(splits);
  }

  @Override
  public void notifyNoMoreSplits() {
    reader.notifyNoMoreSplits();
  }

  @Override
  public void handleSourceEvents(SourceEvent event) {
    reader.handleSourceEvents(event);
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    reader.notifyCheckpointComplete(checkpoint);
  }

  @Override
  public void notifyCheckpointAborted(long checkpoint) throws Exception {
    reader.notifyCheckpointAborted(checkpoint);
  }

  @Override
  public void pauseOrResumeSplits(Collection<String> toPause, Collection<String> toResume) {
    reader.pauseOrResumeSplits(toPause, toResume);
  }

  @Override
  public void close() throws Exception {
    reader.close();
  }
}
