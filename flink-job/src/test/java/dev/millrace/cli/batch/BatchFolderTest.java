package dev.millrace.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BatchFolderTest {
  @TempDir private Path root;

  @Test
  void twoProcessesDoNotWorkInOneFolder() throws Exception {
    try (BatchFolder first = BatchFolder.open(root, "a", false)) {
      assertThat(first.outcomes()).isDirectory();
      assertThatThrownBy(() -> BatchFolder.open(root, "a", false))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another batch is writing");
    }
    BatchFolder.open(root, "a", false).close();
  }

  @Test
  void answersOfOtherSettingsAreNotMixed() throws Exception {
    BatchFolder.open(root, "model llama", false).close();
    assertThatThrownBy(() -> BatchFolder.open(root, "model mistral", false))
        .hasMessageContaining("then  model llama")
        .hasMessageContaining("now   model mistral")
        .hasMessageContaining("--restart");
  }

  @Test
  void aRestartForgetsOutcomesAndSettings() throws Exception {
    try (BatchFolder folder = BatchFolder.open(root, "old", false)) {
      Files.writeString(folder.outcomes().resolve("part-1"), "");
    }
    try (BatchFolder folder = BatchFolder.open(root, "new", true)) {
      assertThat(folder.outcomeFiles()).isEmpty();
    }
  }

  @Test
  void aCheckpointWithoutItsWorkIsOfNoUse() throws Exception {
    try (BatchFolder folder = BatchFolder.open(root, "a", false)) {
      Path metadata = folder.checkpoints().resolve("job/chk-1/_metadata");
      Files.createDirectories(metadata.getParent());
      Files.writeString(metadata, "");
      assertThat(folder.checkpoint()).isEmpty();
      Files.createDirectories(folder.work());
      assertThat(folder.checkpoint()).contains(metadata.getParent());
    }
  }

  @Test
  void newWorkForgetsTheCheckpointsOfTheOld() throws Exception {
    try (BatchFolder folder = BatchFolder.open(root, "a", false)) {
      Files.createDirectories(folder.work());
      Path metadata = folder.checkpoints().resolve("job/chk-1/_metadata");
      Files.createDirectories(metadata.getParent());
      Files.writeString(metadata, "");
      folder.begin(folder.draft(), 1);
      assertThat(folder.checkpoint()).isEmpty();
    }
  }
}
