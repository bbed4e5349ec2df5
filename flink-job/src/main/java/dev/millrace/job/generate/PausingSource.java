package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ModelSettings;
import dev.millrace.job.model.ModelOpening;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.PromptRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A source that hands on no record while the engine of its process has no room for it.
 *
 * <p>Back-pressure belongs here and not in the operator: an operator that waits does so in the
 * middle of a record, and no checkpoint can be taken there. A source that has nothing to hand on
 * leaves the task free for checkpoints and for outcomes.
 *
 * @param <SplitT> the source's splits
 * @param <StateT> what the source's enumerator keeps in checkpoints
 */
public final class PausingSource<SplitT extends SourceSplit, StateT>
    implements Source<PromptRecord, SplitT, StateT> {
  private static final long serialVersionUID = 1L;

  private final Source<PromptRecord, SplitT, StateT> source;
  private final ArrayList<ModelSettings> settings;
  private final ModelRuntimeFactory models;

  private PausingSource(
      Source<PromptRecord, SplitT, StateT> source,
      List<ModelSettings> settings,
      ModelRuntimeFactory models) {
    this.source = requireNonNull(source, "source");
    this.settings = new ArrayList<>(settings);
    this.models = requireNonNull(models, "models");
  }

  /** The same source, which pauses while any of the models has no room. */
  public static <SplitT extends SourceSplit, StateT> PausingSource<SplitT, StateT> of(
      Source<PromptRecord, SplitT, StateT> source,
      List<ModelSettings> settings,
      ModelRuntimeFactory models) {
    return new PausingSource<>(source, settings, models);
  }

  @Override
  public Boundedness getBoundedness() {
    return source.getBoundedness();
  }

  @Override
  public SourceReader<PromptRecord, SplitT> createReader(SourceReaderContext context)
      throws Exception {
    List<ModelRuntime> opened = new ArrayList<>();
    try {
      settings.forEach(wanted -> opened.add(ModelOpening.open(models, wanted)));
      return new PausingReader<>(source.createReader(context), opened);
    } catch (Exception | Error e) {
      opened.forEach(ModelRuntime::close);
      throw e;
    }
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

  /** Confined to the task thread, like every reader. */
  @SuppressWarnings("try") // Flink's signature of close
  private static final class PausingReader<SplitT extends SourceSplit>
      implements SourceReader<PromptRecord, SplitT> {
    private final SourceReader<PromptRecord, SplitT> reader;
    private final List<ModelRuntime> models;

    PausingReader(SourceReader<PromptRecord, SplitT> reader, List<ModelRuntime> models) {
      this.reader = requireNonNull(reader, "reader");
      this.models = List.copyOf(models);
    }

    @Override
    public InputStatus pollNext(ReaderOutput<PromptRecord> output) throws Exception {
      return hasRoom() ? reader.pollNext(output) : InputStatus.NOTHING_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return hasRoom() ? reader.isAvailable() : room();
    }

    private boolean hasRoom() {
      return models.stream().allMatch(model -> model.load().hasRoom());
    }

    private CompletableFuture<Void> room() {
      return CompletableFuture.allOf(
          models.stream()
              .map(model -> model.room().toCompletableFuture())
              .toArray(CompletableFuture[]::new));
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
      try {
        reader.close();
      } finally {
        models.forEach(ModelRuntime::close);
      }
    }
  }
}
