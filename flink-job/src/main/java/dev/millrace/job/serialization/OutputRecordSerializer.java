package dev.millrace.job.serialization;

import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Optional;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** {@link OutputRecord} between operators. */
public final class OutputRecordSerializer extends RecordSerializer<OutputRecord> {
  private static final long serialVersionUID = 1L;

  @Override
  void write(OutputRecord value, DataOutputView out) throws IOException {
    writeOutput(value, out);
  }

  @Override
  OutputRecord read(int version, DataInputView in) throws IOException {
    return readOutput(version, in);
  }

  static void writeOutput(OutputRecord value, DataOutput out) throws IOException {
    out.writeByte(value.topic().code());
    Fields.writeOptionalText(value.taskTopic(), out);
    Fields.writeOptionalBytes(value.key(), out);
    Fields.writeBytes(value.value(), out);
    Fields.writeHeaders(value.headers(), out);
    Fields.writeOptionalLong(value.timestamp(), out);
  }

  static OutputRecord readOutput(int version, DataInput in) throws IOException {
    return new OutputRecord(
        OutputTopic.ofCode(in.readByte()),
        version < 2 ? Optional.empty() : Fields.readOptionalText(in),
        Fields.readOptionalBytes(in),
        Fields.readBytes(in),
        Fields.readHeaders(in),
        Fields.readOptionalLong(in));
  }

  @Override
  public TypeSerializerSnapshot<OutputRecord> snapshotConfiguration() {
    return new Snapshot();
  }

  /** What a checkpoint says about this serializer: its class; versions are in the records. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<OutputRecord> {
    public Snapshot() {
      super(OutputRecordSerializer::new);
    }
  }
}
