package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ModelSettings;
import dev.millrace.job.model.ModelOpening;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.source.ForwardingReader;
import dev.millrace.job.source.ForwardingSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.InputStatus;

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
    extends ForwardingSource<SplitT, StateT> {
  private static final long serialVersionUID = 1L;

  private final ArrayList<ModelSettings> settings;
  private final ModelRuntimeFactory models;

  private PausingSource(
      Source<PromptRecord, SplitT, StateT> source,
      List<ModelSettings> settings,
      ModelRuntimeFactory models) {
    super(source);
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
  public SourceReader<PromptRecord, SplitT> createReader(SourceReaderContext context)
      throws Exception {
    List<ModelRuntime> opened = new ArrayList<>();
    try {
      settings.forEach(wanted -> opened.add(ModelOpening.open(models, wanted)));
      return new PausingReader<>(super.createReader(context), opened);
    } catch (Exception | Error e) {
      opened.forEach(ModelRuntime::close);
      throw e;
    }
  }

  @SuppressWarnings("try") // Flink's signature of close
  private static final class PausingReader<SplitT extends SourceSplit>
      extends ForwardingReader<SplitT> {
    private final List<ModelRuntime> models;

    PausingReader(SourceReader<PromptRecord, SplitT> reader, List<ModelRuntime> models) {
      super(reader);
      this.models = List.copyOf(models);
    }

    @Override
    public InputStatus pollNext(ReaderOutput<PromptRecord> output) throws Exception {
      return hasRoom() ? super.pollNext(output) : InputStatus.NOTHING_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return hasRoom() ? super.isAvailable() : room();
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
    public void close() throws Exception {
      try {
        super.close();
      } finally {
        models.forEach(ModelRuntime::close);
      }
    }
  }
}
