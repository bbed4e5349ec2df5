package dev.millrace.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * A version of an adapter's files. Two that are equal hold the same, unless somebody took pains to
 * hide a change.
 */
record AdapterFiles(Path directory, FileTime configured, long size, FileTime written) {

  /** The adapter called {@code name} below {@code all}; a name leads to no other place. */
  static Optional<AdapterFiles> find(Path all, String name) {
    try {
      Path directory = all.resolve(name);
      if (!all.equals(directory.getParent()) || name.equals("..") || name.equals(".")) {
        return Optional.empty();
      }
      return find(directory);
    } catch (InvalidPathException noPath) {
      return Optional.empty();
    }
  }

  /** Present as soon as there is a directory: what it lacks is said when it is loaded. */
  private static Optional<AdapterFiles> find(Path directory) {
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    Optional<BasicFileAttributes> config = attributes(directory.resolve("adapter_config.json"));
    Optional<BasicFileAttributes> weights =
        attributes(directory.resolve("adapter_model.safetensors"));
    FileTime never = FileTime.fromMillis(0);
    return Optional.of(
        new AdapterFiles(
            directory,
            config.map(BasicFileAttributes::lastModifiedTime).orElse(never),
            weights.map(BasicFileAttributes::size).orElse(0L),
            weights.map(BasicFileAttributes::lastModifiedTime).orElse(never)));
  }

  private static Optional<BasicFileAttributes> attributes(Path file) {
    try {
      return Optional.of(Files.readAttributes(file, BasicFileAttributes.class));
    } catch (IOException missing) {
      return Optional.empty();
    }
  }
}
