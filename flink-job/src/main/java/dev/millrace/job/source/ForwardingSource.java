package dev.millrace.job.source;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.PromptRecord;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Another source in everything, until a subclass has it otherwise.
 *
 * @param <SplitT> the source's splits
 * @param <StateT> what the source's enumerator keeps in checkpoints
 */
public abstract class ForwardingSource<SplitT extends SourceSplit, StateT>
    implements Source<PromptRecord, SplitT, StateT> {
  private static final long serialVersionUID = 1L;

  private final Source<PromptRecord, SplitT, StateT> source;

  protected ForwardingSource(Source<PromptRecord, SplitT, StateT> source) {
    this.source = requireNonNull(source, "source");
  }

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SourceReader<PromptRecord, SplitT> createReader(SourceReaderContext context)
      throws Exception {
    return source.createReader(context);
  }

  @Override
  public SplitEnumerator<SplitT, StateT> createEnumerator(SplitEnumeratorContext<SplitT> context)
      throws Exception {
    return source.createEnumerator(context);
  }

  @Override
  public SplitEnumerator<SplitT, StateT> restoreEnumerator(
      SplitEnumeratorContext<SplitT> context, StateT state) throws Exception {
    return source.restoreEnumerator(context, state);
  }

  @Override
  public SimpleVersionedSerializer<SplitT> getSplitSerializer() {
    return source.getSplitSerializer();
  }

  @Override
  public SimpleVersionedSerializer<StateT> getEnumeratorCheckpointSerializer() {
    return source.getEnumeratorCheckpointSerializer();
  }
}
