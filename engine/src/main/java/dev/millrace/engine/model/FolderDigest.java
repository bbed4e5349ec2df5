package dev.millrace.engine.model;

import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Tells whether a folder holds exactly the files that somebody trusts: one SHA-256 over the names
 * and contents of all its files, each read to its end. The same as
 *
 * <pre>LC_ALL=C sha256sum -- * | sha256sum</pre>
 *
 * <p>in that folder. Folders inside and hidden files do not count; the model is not read from them.
 */
public final class FolderDigest {
  private static final int BUFFER = 1 << 20;

  private FolderDigest() {}

  /**
   * @param expected in hexadecimal, of any case
   * @throws CheckpointException naming both digests if the folder has another one
   */
  public static void require(String expected, Path folder) {
    String actual = of(folder);
    if (!actual.equals(expected.toLowerCase(Locale.ROOT))) {
      throw new CheckpointException(
          "%s has the SHA-256 %s, but %s is expected: the files are not the ones that were pinned"
              .formatted(folder, actual, expected));
    }
  }

  /** The folder's digest in hexadecimal. */
  public static String of(Path folder) {
    try {
      MessageDigest lines = sha256();
      for (Path file : files(folder)) {
        String line = hex(file) + "  " + file.getFileName() + "\n";
        lines.update(line.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(lines.digest());
    } catch (IOException e) {
      throw new CheckpointException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .sorted(Comparator.comparing(file -> file.getFileName().toString()))
          .toList();
    }
  }

  private static String hex(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
