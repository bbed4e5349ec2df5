package dev.millrace.job.serialization;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.Usage;
import dev.millrace.job.record.Answer;
import dev.millrace.job.record.InFlightCompound;
import dev.millrace.job.record.StepState;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** {@link InFlightCompound} in the state of the generate operator. */
public final class InFlightCompoundSerializer extends RecordSerializer<InFlightCompound> {
  private static final long serialVersionUID = 1L;

  @Override
  void write(InFlightCompound value, DataOutputView out) throws IOException {
    PromptRecordSerializer.writePrompt(value.origin(), out);
    Fields.writeText(value.plan(), out);
    Fields.writeText(value.weightsHash(), out);
    out.writeInt(value.attempts());
    Fields.writeOptionalLong(value.firstTokenBy(), out);
    out.writeInt(value.steps().size());
    for (StepState step : value.steps()) {
      writeStep(step, out);
    }
  }

  @Override
  InFlightCompound read(int version, DataInputView in) throws IOException {
    return new InFlightCompound(
        PromptRecordSerializer.readPrompt(in),
        Fields.readText(in),
        Fields.readText(in),
        in.readInt(),
        Fields.readOptionalLong(in),
        readSteps(in));
  }

  private static void writeStep(StepState step, DataOutput out) throws IOException {
    out.writeBoolean(step instanceof StepState.Finished);
    if (step instanceof StepState.Finished finished) {
      writeAnswer(finished.answer(), out);
    } else if (step instanceof StepState.UnderWay underWay) {
      Fields.writeTokens(underWay.generated(), out);
    }
  }

  private static List<StepState> readSteps(DataInput in) throws IOException {
    int count = in.readInt();
    List<StepState> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      steps.add(
          in.readBoolean()
              ? new StepState.Finished(readAnswer(in))
              : new StepState.UnderWay(Fields.readTokens(in)));
    }
    return steps;
  }

  private static void writeAnswer(Answer answer, DataOutput out) throws IOException {
    Fields.writeText(answer.text(), out);
    Fields.writeText(answer.finishReason().name(), out);
    Usage usage = answer.usage();
    out.writeInt(usage.promptTokens());
    out.writeInt(usage.cachedPromptTokens());
    out.writeInt(usage.completionTokens());
    out.writeInt(usage.resumedTokens());
    out.writeInt(answer.scores().size());
    for (Map.Entry<String, Double> score : answer.scores().entrySet()) {
      Fields.writeText(score.getKey(), out);
      out.writeDouble(score.getValue());
    }
  }

  private static Answer readAnswer(DataInput in) throws IOException {
    return new Answer(
        Fields.readText(in),
        FinishReason.valueOf(Fields.readText(in)),
        new Usage(in.readInt(), in.readInt(), in.readInt(), in.readInt()),
        readScores(in));
  }

  private static Map<String, Double> readScores(DataInput in) throws IOException {
    int count = in.readInt();
    Map<String, Double> scores = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      scores.put(Fields.readText(in), in.readDouble());
    }
    return scores;
  }

  @Override
  public TypeSerializerSnapshot<InFlightCompound> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What a checkpoint says about this serializer: its class; versions are in the records. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<InFlightCompound> {
    public Snapshot() {
      super(InFlightCompoundSerializer::new);
    }
  }
}
