package dev.millrace.it;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A checkout of Millrace with what this one has built, where another build may follow. */
record Checkout(Path folder) {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final String BUILT = "flink-job/target/millrace";
  private static final String VERSION = "dev/millrace/job/model/version.properties";

  /** Makes one in a folder that is empty. */
  static Checkout in(Path folder) throws IOException {
    copy(HOME.resolve("deploy"), folder.resolve("deploy"));
    for (String part : List.of("lib", "flink")) {
      Path target = Files.createDirectories(folder.resolve(BUILT).resolve(part));
      try (Stream<Path> jars = Files.list(HOME.resolve(BUILT).resolve(part))) {
        for (Path jar : jars.toList()) {
          Files.createSymbolicLink(target.resolve(jar.getFileName()), jar);
        }
      }
    }
    return new Checkout(folder);
  }

  /** Leaves what a build of another version leaves: the job's jar is another one. */
  void build(String version) throws IOException {
    Path lib = folder.resolve(BUILT).resolve("lib");
    Path jar;
    try (Stream<Path> jars = Files.list(lib)) {
      jar =
          jars.filter(file -> file.getFileName().toString().startsWith("flink-job-"))
              .findFirst()
              .orElseThrow();
    }
    Path earlier = jar.toRealPath();
    Files.delete(jar);
    Files.copy(earlier, jar);
    try (FileSystem zip = FileSystems.newFileSystem(jar)) {
      Files.writeString(zip.getPath(VERSION), "version=" + version + "\n");
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            to.resolve(from.relativize(file)),
            java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
