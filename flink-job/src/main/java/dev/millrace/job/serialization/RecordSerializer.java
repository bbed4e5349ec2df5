package dev.millrace.job.serialization;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A serializer of immutable records that writes its format's version with each.
 *
 * @param <T> the record
 */
abstract class RecordSerializer<T> extends TypeSerializer<T> {
  /** The version that is written. Versions 1 to this one can be read. */
  static final int VERSION = 3;

  private static final long serialVersionUID = 1L;

  /** Writes the current version. */
  abstract void write(T value, DataOutputView out) throws IOException;

  /** Reads any version from 1 to {@link #VERSION}. */
  abstract T read(int version, DataInputView in) throws IOException;

  @Override
  public final void serialize(T value, DataOutputView target) throws IOException {
    target.writeByte(VERSION);
    write(value, target);
  }

  @Override
  public final T deserialize(DataInputView source) throws IOException {
    int version = source.readUnsignedByte();
    if (version < 1 || version > VERSION) {
      throw new IOException(
          "a record is in format version %d, this job knows 1 to %d: restore with the version of Millrace that wrote it, or a newer one"
              .formatted(version, VERSION));
    }
    return read(version, source);
  }

  @Override
  public final T deserialize(T reuse, DataInputView source) throws IOException {
    return deserialize(source);
  }

  @Override
  public final void copy(DataInputView source, DataOutputView target) throws IOException {
    serialize(deserialize(source), target);
  }

  @Override
  public final boolean isImmutableType() {
    return true;
  }

  @Override
  public final T copy(T from) {
    return from;
  }

  @Override
  public final T copy(T from, T reuse) {
    return from;
  }

  @Override
  public final TypeSerializer<T> duplicate() {
    return this;
  }

  @Override
  // Flink's contract: there is no instance of an immutable type to reuse.
  public final T createInstance() {
    return null;
  }

  @Override
  public final int getLength() {
    return -1;
  }

  @Override
  @SuppressWarnings("EqualsGetClass") // two serializers are equal if they are of one class
  public final boolean equals(Object other) {
    return other != null && other.getClass() == getClass();
  }

  @Override
  public final int hashCode() {
    return getClass().hashCode();
  }
}
