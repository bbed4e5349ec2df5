package dev.millrace.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The option that names a checkpoint. */
final class ModelOption {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = {
        "Checkpoint folder in Hugging Face layout (config.json, tokenizer.json,",
        "*.safetensors). Default: the demo model, deploy/demo-model."
      })
  private Optional<Path> folder = Optional.empty();

  /**
   * The checkpoint folder, which has a configuration and weights.
   *
   * @throws CommandException if it has not
   */
  Path checkpoint(Installation installation) {
    Path checkpoint = folder.orElseGet(installation::demoModel);
    require(Files.isDirectory(checkpoint), checkpoint, "there is no such folder");
    require(
        Files.isRegularFile(checkpoint.resolve("config.json")),
        checkpoint,
        "config.json is missing");
    require(hasWeights(checkpoint), checkpoint, "no *.safetensors file in it");
    return checkpoint;
  }

  private static boolean hasWeights(Path checkpoint) {
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files.anyMatch(file -> file.getFileName().toString().endsWith(".safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the checkpoint folder " + checkpoint, e);
    }
  }

  private static void require(boolean holds, Path checkpoint, String problem) {
    if (!holds) {
      throw new CommandException(
          "no checkpoint in "
              + checkpoint
              + ": "
              + problem
              + "; name a folder in Hugging Face layout with --model DIR");
    }
  }
}
