package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.PromptRecord;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;

/** A reader's output whose records go through a gate, which may emit them later. */
final class GatedOutput implements ReaderOutput<PromptRecord> {
  private final ReaderOutput<PromptRecord> output;
  private final BiConsumer<PromptRecord, Consumer<PromptRecord>> gate;

  /**
   * @param gate given a record and what emits it
   */
  GatedOutput(
      ReaderOutput<PromptRecord> output, BiConsumer<PromptRecord, Consumer<PromptRecord>> gate) {
    this.output = requireNonNull(output, "output");
    this.gate = requireNonNull(gate, "gate");
  }

  /** What is behind the gate. */
  ReaderOutput<PromptRecord> output() {
    return output;
  }

  @Override
  public void collect(PromptRecord record) {
    gate.accept(record, output::collect);
  }

  @Override
  public void collect(PromptRecord record, long timestamp) {
    gate.accept(record, later -> output.collect(later, timestamp));
  }

  @Override
  public void emitWatermark(Watermark watermark) {
    output.emitWatermark(watermark);
  }

  @Override
  public void markIdle() {
    output.markIdle();
  }

  @Override
  public void markActive() {
    output.markActive();
  }

  @Override
  public SourceOutput<PromptRecord> createOutputForSplit(String split) {
    SourceOutput<PromptRecord> ofSplit = output.createOutputForSplit(split);
    return new SourceOutput<>() {
      @Override
      public void collect(PromptRecord record) {
        gate.accept(record, ofSplit::collect);
      }

      @Override
      public void collect(PromptRecord record, long timestamp) {
        gate.accept(record, later -> ofSplit.collect(later, timestamp));
      }

      @Override
      public void emitWatermark(Watermark watermark) {
        ofSplit.emitWatermark(watermark);
      }

      @Override
      public void markIdle() {
        ofSplit.markIdle();
      }

      @Override
      public void markActive() {
        ofSplit.markActive();
      }
    };
  }

  @Override
  public void releaseOutputForSplit(String split) {
    output.releaseOutputForSplit(split);
  }
}
