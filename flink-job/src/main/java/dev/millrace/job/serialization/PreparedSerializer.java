package dev.millrace.job.serialization;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Refusal;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** {@link Prepared} between operators. */
public final class PreparedSerializer extends RecordSerializer<Prepared> {
  private static final long serialVersionUID = 1L;
  private static final int TASK = 0;
  private static final int REFUSAL = 1;
  private static final int COMPOUND = 2;

  @Override
  void write(Prepared value, DataOutputView out) throws IOException {
    if (value instanceof GenerationTask task) {
      out.writeByte(TASK);
      GenerationTaskFormat.write(task, out);
    } else if (value instanceof Refusal refusal) {
      out.writeByte(REFUSAL);
      OutputRecordSerializer.writeOutput(refusal.deadLetter(), out);
    } else if (value instanceof CompoundTask compound) {
      out.writeByte(COMPOUND);
      writeCompound(compound, out);
    }
  }

  @Override
  Prepared read(int version, DataInputView in) throws IOException {
    int kind = in.readByte();
    return switch (kind) {
      case TASK -> GenerationTaskFormat.read(version, in);
      case REFUSAL -> new Refusal(OutputRecordSerializer.readOutput(version, in));
      case COMPOUND -> readCompound(version, in);
      default -> throw new IOException("unknown kind of prepared record: " + kind);
    };
  }

  private static void writeCompound(CompoundTask task, DataOutput out) throws IOException {
    PromptRecordSerializer.writePrompt(task.origin(), out);
    Fields.writeText(task.id(), out);
    Fields.writeTextMap(task.attributes(), out);
    Fields.writeText(task.task(), out);
    Fields.writeText(task.templateVersion(), out);
    out.writeInt(task.first().size());
    for (GenerateRequest request : task.first()) {
      GenerationTaskFormat.writeRequest(request, out);
    }
  }

  private static CompoundTask readCompound(int version, DataInput in) throws IOException {
    return new CompoundTask(
        PromptRecordSerializer.readPrompt(in),
        Fields.readText(in),
        Fields.readTextMap(in),
        Fields.readText(in),
        Fields.readText(in),
        readRequests(version, in));
  }

  private static List<GenerateRequest> readRequests(int version, DataInput in) throws IOException {
    int count = in.readInt();
    List<GenerateRequest> requests = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      requests.add(GenerationTaskFormat.readRequest(version, in));
    }
    return requests;
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
