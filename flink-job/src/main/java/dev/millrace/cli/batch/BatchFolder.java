package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.millrace.cli.local.Directories;
import dev.millrace.cli.local.RetainedCheckpoint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a batch keeps between its runs.
 *
 * <pre>
 * settings       what the outcomes were made with
 * work/          the rows of the run under way; complete as soon as it has this name
 * checkpoints/   Flink's, of the run under way
 * outcomes/      what is finished, of all runs; nothing is ever deleted here
 * lock           held by the process that works here
 * </pre>
 *
 * <p>A process may die between any two lines: without a checkpoint the work is planned anew from
 * the outcomes, with one the run goes on from it.
 */
public final class BatchFolder implements AutoCloseable {
  /** Hidden, so that Flink's file source does not take it for work. */
  private static final String ROWS = ".rows";

  private final Path root;
  private final FileChannel lock;

  private BatchFolder(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /**
   * Opens a folder for this process alone.
   *
   * @param settings what outcomes are made with
   * @param restart whether to forget what was done before
   * @throws IOException if another process works there, or what was done before was made with other
   *     settings
   */
  public static BatchFolder open(Path root, String settings, boolean restart) throws IOException {
    requireNonNull(settings, "settings");
    Files.createDirectories(root);
    FileChannel lock = lock(root);
    try {
      BatchFolder folder = new BatchFolder(root, lock);
      if (restart) {
        folder.forget();
      }
      folder.requireSettings(settings);
      Files.createDirectories(folder.outcomes());
      return folder;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  Path work() {
    return root.resolve("work");
  }

  Path checkpoints() {
    return root.resolve("checkpoints");
  }

  Path outcomes() {
    return root.resolve("outcomes");
  }

  /** The finished outcome files. What the sink still writes to has a hidden name. */
  List<Path> outcomeFiles() throws IOException {
    try (Stream<Path> files = Files.list(outcomes())) {
      return files.filter(file -> !file.getFileName().toString().startsWith(".")).sorted().toList();
    }
  }

  /** The checkpoint from which an interrupted run goes on; empty if none was interrupted. */
  Optional<Path> checkpoint() throws IOException {
    return Files.isDirectory(work()) ? RetainedCheckpoint.newest(checkpoints()) : Optional.empty();
  }

  /** An empty folder to plan work in, that {@link #begin} makes the work. */
  Path draft() throws IOException {
    endRun();
    Path draft = root.resolve("work.draft");
    Directories.deleteRecursively(draft);
    return Files.createDirectories(draft);
  }

  /**
   * Makes a draft the work.
   *
   * @param rows of all inputs, whether they are work or not
   */
  void begin(Path draft, long rows) throws IOException {
    Files.writeString(draft.resolve(ROWS), Long.toString(rows), UTF_8);
    Files.move(draft, work(), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Rows of all inputs when the run under way was planned. */
  long rows() throws IOException {
    return Long.parseLong(Files.readString(work().resolve(ROWS), UTF_8));
  }

  /** When the run under way was planned: its outcomes are younger, all others are not. */
  Instant begun() throws IOException {
    return Files.getLastModifiedTime(work().resolve(ROWS)).toInstant();
  }

  /** Forgets a run that is over, or that nothing can go on from; its outcomes stay. */
  void endRun() {
    Directories.deleteRecursively(work());
    Directories.deleteRecursively(checkpoints());
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private void forget() throws IOException {
    endRun();
    Directories.deleteRecursively(outcomes());
    Files.deleteIfExists(root.resolve("settings"));
  }

  private void requireSettings(String settings) throws IOException {
    Path file = root.resolve("settings");
    if (!Files.exists(file)) {
      Path draft = Files.writeString(root.resolve("settings.draft"), settings, UTF_8);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    String before = Files.readString(file, UTF_8);
    if (!before.equals(settings)) {
      throw new IOException(
          """
          %s holds answers that were made with other settings:
            then  %s
            now   %s
          Name another output, or give --restart to begin again."""
              .formatted(
                  root, before.replace("\n", "\n        "), settings.replace("\n", "\n        ")));
    }
  }

  private static FileChannel lock(Path root) throws IOException {
    FileChannel channel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock held = channel.tryLock();
      if (held != null) {
        return channel; // the lock goes with its channel, and with the process
      }
    } catch (OverlappingFileLockException e) {
      // this process has it already
    }
    channel.close();
    throw new IOException("another batch is writing to " + root + ": wait for it, or stop it");
  }
}
