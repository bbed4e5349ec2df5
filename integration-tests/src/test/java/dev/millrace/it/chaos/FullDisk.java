package dev.millrace.it.chaos;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.RecoverableFsDataOutputStream;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.flink.core.fs.local.LocalRecoverableWriter;

/**
 * A local disk that can be filled up: while it is, every write goes to {@code /dev/full}, where the
 * kernel answers "No space left on device". Flink's processes reach it as {@code crowded:///path};
 * a file in it tells all of them that it is full.
 */
final class FullDisk {
  static final String SCHEME = "crowded";
  private static final Path ALWAYS_FULL = Path.of("/dev/full");
  private static final String MARK = "disk-is-full";

  private final Path folder;

  FullDisk(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /** What Flink calls a folder on it. */
  String address(Path path) {
    return SCHEME + "://" + path.toAbsolutePath();
  }

  void fill() {
    try {
      Files.createFile(folder.resolve(MARK));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void free() {
    try {
      Files.delete(folder.resolve(MARK));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isFull(Path file) {
    for (Path parent = file.getParent(); parent != null; parent = parent.getParent()) {
      if (Files.exists(parent.resolve(MARK))) {
        return true;
      }
    }
    return false;
  }

  private static void requireSpace(boolean full) throws IOException {
    if (full) {
      try (FileOutputStream none = new FileOutputStream(ALWAYS_FULL.toFile())) {
        none.write(0);
      }
    }
  }

  /** Found by Flink through the class path. */
  public static final class Factory implements FileSystemFactory {
    @Override
    public String getScheme() {
      return SCHEME;
    }

    @Override
    public FileSystem create(URI address) {
      return new CrowdedFileSystem();
    }
  }

  private static final class CrowdedFileSystem extends LocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create(SCHEME + ":///");
    }

    @Override
    public LocalRecoverableWriter createRecoverableWriter() {
      return new LocalRecoverableWriter(this) {
        @Override
        public RecoverableFsDataOutputStream open(org.apache.flink.core.fs.Path path)
            throws IOException {
          requireSpace(isFull(Path.of(path.getPath())));
          return super.open(path);
        }
      };
    }

    @Override
    public FSDataOutputStream create(org.apache.flink.core.fs.Path path, WriteMode mode)
        throws IOException {
      Path file = Path.of(path.getPath());
      return new CrowdedStream(super.create(path, mode), () -> isFull(file));
    }
  }

  private static final class CrowdedStream extends FSDataOutputStream {
    private final FSDataOutputStream disk;
    private final BooleanSupplier full;

    CrowdedStream(FSDataOutputStream disk, BooleanSupplier full) {
      this.disk = disk;
      this.full = full;
    }

    @Override
    public long getPos() throws IOException {
      return disk.getPos();
    }

    @Override
    public void write(int value) throws IOException {
      requireSpace(full.getAsBoolean());
      disk.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      requireSpace(full.getAsBoolean());
      disk.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      disk.flush();
    }

    @Override
    public void sync() throws IOException {
      disk.sync();
    }

    @Override
    public void close() throws IOException {
      disk.close();
    }
  }
}
