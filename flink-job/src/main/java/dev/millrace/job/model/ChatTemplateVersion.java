package dev.millrace.job.model;

import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Identifies a checkpoint's chat template by the file that holds it. */
final class ChatTemplateVersion {
  private static final List<String> FILES = List.of("chat_template.jinja", "tokenizer_config.json");
  private static final int SHOWN_BYTES = 8;

  private ChatTemplateVersion() {}

  /** The start of the SHA-256 of the file, or {@code none} if the checkpoint has no such file. */
  static String of(Path checkpoint) {
    for (String name : FILES) {
      Path file = checkpoint.resolve(name);
      if (Files.isRegularFile(file)) {
        return "chat:" + hash(file);
      }
    }
    return "none";
  }

  private static String hash(Path file) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(hash, 0, SHOWN_BYTES);
    } catch (IOException e) {
      throw new CheckpointException(file + " cannot be read: " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
