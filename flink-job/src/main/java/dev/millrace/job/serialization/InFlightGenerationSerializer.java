package dev.millrace.job.serialization;

import dev.millrace.job.record.InFlightGeneration;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** {@link InFlightGeneration} in the state of the generate operator. */
public final class InFlightGenerationSerializer extends RecordSerializer<InFlightGeneration> {
  private static final long serialVersionUID = 1L;

  @Override
  void write(InFlightGeneration value, DataOutputView out) throws IOException {
    GenerationTaskFormat.write(value.task(), out);
    Fields.writeText(value.weightsHash(), out);
    ProgressFormat.write(value.generated(), out);
    out.writeInt(value.attempts());
    Fields.writeOptionalLong(value.firstTokenBy(), out);
  }

  @Override
  InFlightGeneration read(int version, DataInputView in) throws IOException {
    return new InFlightGeneration(
        GenerationTaskFormat.read(version, in),
        Fields.readText(in),
        ProgressFormat.read(version, in),
        in.readInt(),
        Fields.readOptionalLong(in));
  }

  @Override
  public TypeSerializerSnapshot<InFlightGeneration> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What a checkpoint says about this serializer: its class; versions are in the records. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<InFlightGeneration> {
    public Snapshot() {
      super(InFlightGenerationSerializer::new);
    }
  }
}
