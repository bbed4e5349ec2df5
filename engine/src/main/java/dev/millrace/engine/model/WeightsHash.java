package dev.millrace.engine.model;

import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells checkpoints apart for the provenance of an answer, without reading gigabytes: SHA-256 in
 * hexadecimal over the bytes of config.json (an adapter's adapter_config.json) and then, for each
 * safetensors file by name, its size, its header, and the first {@value #SAMPLE_BYTES} bytes of
 * each tensor in the order of their offsets. A fine-tuned model has other first bytes almost
 * everywhere; an edit elsewhere inside a tensor is not seen, so this is no proof of integrity.
 * Independent of the directory's path.
 */
final class WeightsHash {
  private static final int SAMPLE_BYTES = 1024;

  private WeightsHash() {}

  /**
   * @param config the JSON file that says how to read the tensors
   */
  static String of(Path config, List<SafetensorsFile> files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(Files.readAllBytes(config));
      for (SafetensorsFile file : sorted(files)) {
        update(digest, file);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new CheckpointException(config.getParent() + " cannot be read: " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  private static List<SafetensorsFile> sorted(List<SafetensorsFile> files) {
    return files.stream()
        .sorted(Comparator.comparing(file -> file.path().getFileName().toString()))
        .toList();
  }

  private static void update(MessageDigest digest, SafetensorsFile file) throws IOException {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(file.size()).flip());
    digest.update(file.header().getBytes(StandardCharsets.UTF_8));
    List<TensorInfo> tensors =
        file.tensors().values().stream()
            .sorted(Comparator.comparingLong(TensorInfo::offset))
            .toList();
    try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
      for (TensorInfo tensor : tensors) {
        int length = (int) Math.min(SAMPLE_BYTES, tensor.byteLength());
        digest.update(SafetensorsFile.readFully(channel, tensor.offset(), length));
      }
    }
  }
}
