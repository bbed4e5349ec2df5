package dev.millrace.cli.batch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of a batch: one, or all that a folder has in a known format, whatever their depth.
 *
 * @param root the file or the folder
 * @param files in the order of their names
 */
record Inputs(Path root, List<InputFile> files) {
  /**
   * One input file.
   *
   * @param name its path within the input's folder, with slashes
   */
  record InputFile(Path path, String name, FileFormat format) {
    RowReader open() throws IOException {
      return RowReader.open(path, format);
    }
  }

  Inputs {
    files = List.copyOf(files);
  }

  /**
   * Finds the files.
   *
   * @throws IOException if there is none, or a single file's format is not known
   */
  static Inputs of(Path root) throws IOException {
    if (!Files.exists(root)) {
      throw new IOException(root + " does not exist");
    }
    List<InputFile> files =
        Files.isDirectory(root) ? folder(root) : List.of(file(root, root.getFileName().toString()));
    if (files.isEmpty()) {
      throw new IOException(root + " has no file with an extension of " + FileFormat.known());
    }
    return new Inputs(root, files);
  }

  boolean isFolder() {
    return Files.isDirectory(root);
  }

  private static List<InputFile> folder(Path root) throws IOException {
    try (Stream<Path> found = Files.walk(root)) {
      List<Path> files =
          found
              .filter(Files::isRegularFile)
              .filter(file -> !isHidden(root.relativize(file)))
              .filter(file -> FileFormat.of(file).isPresent())
              .sorted()
              .toList();
      return files.stream()
          .map(file -> new InputFile(file, slashes(root.relativize(file)), format(file)))
          .toList();
    }
  }

  private static InputFile file(Path path, String name) throws IOException {
    if (FileFormat.of(path).isEmpty()) {
      throw new IOException(
          path + " has no extension that tells its format: one of " + FileFormat.known());
    }
    return new InputFile(path, name, format(path));
  }

  private static FileFormat format(Path file) {
    return FileFormat.of(file).orElseThrow();
  }

  private static boolean isHidden(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".") || part.toString().startsWith("_")) {
        return true;
      }
    }
    return false;
  }

  private static String slashes(Path relative) {
    return relative.toString().replace(relative.getFileSystem().getSeparator(), "/");
  }
}
