package dev.millrace.cli.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A job's checkpoints as Flink leaves them: {@code FOLDER/JOB-ID/chk-N/_metadata}. */
public final class RetainedCheckpoint {
  private static final int DEPTH = 3;

  private RetainedCheckpoint() {}

  /**
   * The newest complete checkpoint of any job in a folder; empty if there is none. A job may be
   * writing there.
   */
  public static Optional<Path> newest(Path folder) throws IOException {
    List<Path> before = List.of();
    while (true) {
      List<Path> files = files(folder);
      // Flink writes _metadata last: a checkpoint without it was never completed.
      Optional<Path> newest =
          files.stream()
              .filter(file -> file.getFileName().toString().equals("_metadata"))
              .max(Comparator.comparing(RetainedCheckpoint::written))
              .map(Path::getParent);
      // One that was just removed has a successor, which a second look finds.
      if (newest.isPresent() || files.equals(before)) {
        return newest;
      }
      before = files;
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    while (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.walk(folder, DEPTH)) {
        return files.toList();
      } catch (UncheckedIOException e) {
        if (!(e.getCause() instanceof NoSuchFileException)) {
          throw e.getCause();
        }
        // One was removed during the look.
      }
    }
    return List.of();
  }

  private static FileTime written(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }
}
