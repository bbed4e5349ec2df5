package dev.millrace.job.serialization;

import dev.millrace.engine.TokenIds;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.RecordHeader;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The building blocks of the formats, the same in every version. */
final class Fields {
  private Fields() {}

  static void writeBytes(Bytes value, DataOutput out) throws IOException {
    out.writeInt(value.size());
    out.write(value.array());
  }

  static Bytes readBytes(DataInput in) throws IOException {
    byte[] array = new byte[in.readInt()];
    in.readFully(array);
    return Bytes.of(array);
  }

  static void writeOptionalBytes(Optional<Bytes> value, DataOutput out) throws IOException {
    out.writeBoolean(value.isPresent());
    if (value.isPresent()) {
      writeBytes(value.get(), out);
    }
  }

  static Optional<Bytes> readOptionalBytes(DataInput in) throws IOException {
    return in.readBoolean() ? Optional.of(readBytes(in)) : Optional.empty();
  }

  static void writeOptionalLong(OptionalLong value, DataOutput out) throws IOException {
    out.writeBoolean(value.isPresent());
    if (value.isPresent()) {
      out.writeLong(value.getAsLong());
    }
  }

  static OptionalLong readOptionalLong(DataInput in) throws IOException {
    return in.readBoolean() ? OptionalLong.of(in.readLong()) : OptionalLong.empty();
  }

  /** Not writeUTF, which ends at 64 KiB. */
  static void writeText(String value, DataOutput out) throws IOException {
    writeBytes(Bytes.utf8(value), out);
  }

  static String readText(DataInput in) throws IOException {
    return new String(readBytes(in).array(), StandardCharsets.UTF_8);
  }

  static void writeOptionalText(Optional<String> value, DataOutput out) throws IOException {
    writeOptionalBytes(value.map(Bytes::utf8), out);
  }

  static Optional<String> readOptionalText(DataInput in) throws IOException {
    return in.readBoolean() ? Optional.of(readText(in)) : Optional.empty();
  }

  static void writeTexts(List<String> values, DataOutput out) throws IOException {
    out.writeInt(values.size());
    for (String value : values) {
      writeText(value, out);
    }
  }

  static List<String> readTexts(DataInput in) throws IOException {
    int size = in.readInt();
    List<String> values = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      values.add(readText(in));
    }
    return values;
  }

  static void writeTextMap(Map<String, String> values, DataOutput out) throws IOException {
    out.writeInt(values.size());
    for (Map.Entry<String, String> entry : values.entrySet()) {
      writeText(entry.getKey(), out);
      writeText(entry.getValue(), out);
    }
  }

  static Map<String, String> readTextMap(DataInput in) throws IOException {
    int size = in.readInt();
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < size; i++) {
      values.put(readText(in), readText(in));
    }
    return values;
  }

  static void writeHeaders(List<RecordHeader> headers, DataOutput out) throws IOException {
    out.writeInt(headers.size());
    for (RecordHeader header : headers) {
      writeText(header.key(), out);
      writeOptionalBytes(header.value(), out);
    }
  }

  static List<RecordHeader> readHeaders(DataInput in) throws IOException {
    int size = in.readInt();
    List<RecordHeader> headers = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      headers.add(new RecordHeader(readText(in), readOptionalBytes(in)));
    }
    return headers;
  }

  static void writeTokens(TokenIds tokens, DataOutput out) throws IOException {
    out.writeInt(tokens.size());
    for (int i = 0; i < tokens.size(); i++) {
      out.writeInt(tokens.get(i));
    }
  }

  static TokenIds readTokens(DataInput in) throws IOException {
    int[] tokens = new int[in.readInt()];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = in.readInt();
    }
    return TokenIds.of(tokens);
  }
}
