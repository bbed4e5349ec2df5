package dev.millrace.engine.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.CheckpointException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: eight bytes of length (little-endian), that many bytes of JSON
 * that say where each tensor lies, then the tensors. Everything is checked here, before anything
 * maps the file: native code later reads at these offsets without asking again.
 *
 * @param size of the whole file in bytes
 * @param header the JSON as it stands in the file
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
record SafetensorsFile(Path path, long size, String header, Map<String, TensorInfo> tensors) {
  private static final int LENGTH_BYTES = 8;
  private static final int MAX_HEADER_BYTES = 100_000_000; // the reference implementation's limit
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build())
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .build());

  /**
   * @throws CheckpointException naming the file, and the tensor where it is one, if the file cannot
   *     be read, is truncated or contradicts itself
   */
  static SafetensorsFile read(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      byte[] header = readHeader(path, channel, size);
      long dataStart = LENGTH_BYTES + (long) header.length;
      Map<String, TensorInfo> tensors = parse(path, header, dataStart, size);
      requireDisjoint(path, tensors);
      return new SafetensorsFile(path, size, new String(header, StandardCharsets.UTF_8), tensors);
    } catch (IOException e) {
      throw new CheckpointException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static byte[] readHeader(Path path, FileChannel channel, long size) throws IOException {
    if (size < LENGTH_BYTES) {
      throw new CheckpointException(
          path + " has " + size + " bytes, too few for a safetensors file: download it again");
    }
    long length = readFully(channel, 0, LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > MAX_HEADER_BYTES) {
      throw new CheckpointException(
          path + " gives its header " + length + " bytes: it is not a safetensors file");
    }
    if (LENGTH_BYTES + length > size) {
      throw new CheckpointException(
          "%s is truncated: its header needs %d bytes and the file has %d: download it again"
              .formatted(path, LENGTH_BYTES + length, size));
    }
    return readFully(channel, LENGTH_BYTES, (int) length).array();
  }

  /** Reads exactly {@code length} bytes. */
  static ByteBuffer readFully(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new EOFException("ends after " + (offset + bytes.position()) + " bytes");
      }
    }
    return bytes.flip();
  }

  private static Map<String, TensorInfo> parse(
      Path path, byte[] header, long dataStart, long fileSize) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(header);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          path + " has a header that is not JSON: " + e.getOriginalMessage(), e);
    }
    if (!root.isObject()) {
      throw new CheckpointException(path + " has a header that is not a JSON object");
    }
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    root.properties().stream()
        .filter(entry -> !entry.getKey().equals("__metadata__"))
        .forEach(
            entry -> {
              String name = entry.getKey();
              tensors.put(name, tensor(path, name, entry.getValue(), dataStart, fileSize));
            });
    return tensors;
  }

  private static TensorInfo tensor(
      Path path, String name, JsonNode entry, long dataStart, long fileSize) {
    String dtype = entry.path("dtype").asText("missing");
    FloatType type =
        FloatType.ofSafetensors(dtype)
            .orElseThrow(
                () ->
                    new CheckpointException(
                        "%s: tensor %s has dtype %s, which Millrace does not read: convert the checkpoint to BF16, F16 or F32"
                            .formatted(path, name, dtype)));
    List<Long> shape = longs(path, name, entry, "shape");
    List<Long> offsets = longs(path, name, entry, "data_offsets");
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw new CheckpointException(
          "%s: tensor %s has data_offsets %s".formatted(path, name, offsets));
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    if (end > fileSize - dataStart) {
      throw new CheckpointException(
          "%s is truncated: tensor %s ends at byte %s and the file has %d: download it again"
              .formatted(path, name, Math.addExact(dataStart, Math.min(end, 1L << 60)), fileSize));
    }
    TensorInfo tensor = new TensorInfo(name, path, type, shape, dataStart + begin);
    if (!hasByteLength(tensor, end - begin)) {
      throw new CheckpointException(
          "%s: tensor %s of shape %s in %s does not fill its %d bytes"
              .formatted(path, name, shape, dtype, end - begin));
    }
    return tensor;
  }

  private static boolean hasByteLength(TensorInfo tensor, long bytes) {
    try {
      return tensor.byteLength() == bytes;
    } catch (ArithmeticException overflow) {
      return false;
    }
  }

  private static List<Long> longs(Path path, String name, JsonNode entry, String key) {
    JsonNode values = entry.path(key);
    List<Long> longs = new ArrayList<>();
    boolean valid = values.isArray() && values.size() <= 8;
    for (JsonNode value : values) {
      valid &= value.isIntegralNumber() && value.canConvertToLong() && value.asLong() >= 0;
      longs.add(value.asLong());
    }
    if (!valid) {
      throw new CheckpointException("%s: tensor %s has %s %s".formatted(path, name, key, values));
    }
    return longs;
  }

  private static void requireDisjoint(Path path, Map<String, TensorInfo> tensors) {
    List<TensorInfo> ordered = new ArrayList<>(tensors.values());
    ordered.sort(Comparator.comparingLong(TensorInfo::offset));
    long end = 0;
    String previous = "";
    for (TensorInfo tensor : ordered) {
      if (tensor.byteLength() > 0 && tensor.offset() < end) {
        throw new CheckpointException(
            "%s: tensors %s and %s overlap".formatted(path, previous, tensor.name()));
      }
      if (tensor.byteLength() > 0) {
        end = tensor.offset() + tensor.byteLength();
        previous = tensor.name();
      }
    }
  }
}
