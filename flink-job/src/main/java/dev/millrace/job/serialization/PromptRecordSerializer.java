package dev.millrace.job.serialization;

import dev.millrace.job.record.PromptRecord;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** {@link PromptRecord} between operators. */
public final class PromptRecordSerializer extends RecordSerializer<PromptRecord> {
  private static final long serialVersionUID = 1L;

  @Override
  void write(PromptRecord value, DataOutputView out) throws IOException {
    writePrompt(value, out);
  }

  @Override
  PromptRecord read(int version, DataInputView in) throws IOException {
    return readPrompt(in);
  }

  static void writePrompt(PromptRecord value, DataOutput out) throws IOException {
    Fields.writeText(value.topic(), out);
    out.writeInt(value.partition());
    out.writeLong(value.offset());
    Fields.writeOptionalLong(value.timestamp(), out);
    Fields.writeOptionalBytes(value.key(), out);
    Fields.writeOptionalBytes(value.value(), out);
    Fields.writeHeaders(value.headers(), out);
    out.writeLong(value.readAt());
  }

  static PromptRecord readPrompt(DataInput in) throws IOException {
    return new PromptRecord(
        Fields.readText(in),
        in.readInt(),
        in.readLong(),
        Fields.readOptionalLong(in),
        Fields.readOptionalBytes(in),
        Fields.readOptionalBytes(in),
        Fields.readHeaders(in),
        in.readLong());
  }

  @Override
  public TypeSerializerSnapshot<PromptRecord> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What a checkpoint says about this serializer: its class; versions are in the records. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<PromptRecord> {
    public Snapshot() {
      super(PromptRecordSerializer::new);
    }
  }
}
