package dev.millrace.job.serialization;

import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Refusal;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** {@link Prepared} between operators. */
public final class PreparedSerializer extends RecordSerializer<Prepared> {
  private static final long serialVersionUID = 1L;
  private static final int TASK = 0;
  private static final int REFUSAL = 1;

  @Override
  void write(Prepared value, DataOutputView out) throws IOException {
    if (value instanceof GenerationTask task) {
      out.writeByte(TASK);
      GenerationTaskFormat.write(task, out);
    } else if (value instanceof Refusal refusal) {
      out.writeByte(REFUSAL);
      OutputRecordSerializer.writeOutput(refusal.deadLetter(), out);
    }
  }

  @Override
  Prepared read(int version, DataInputView in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case TASK -> GenerationTaskFormat.read(in);
      case REFUSAL -> new Refusal(OutputRecordSerializer.readOutput(in));
      default -> throw new IOException("unknown kind of prepared record: " + kind);
    };
  }

  @Override
  public TypeSerializerSnapshot<Prepared> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What a checkpoint says about this serializer: its class; versions are in the records. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Prepared> {
    public Snapshot() {
      super(PreparedSerializer::new);
    }
  }
}
