package dev.millrace.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RetainedCheckpointTest {
  @TempDir private Path folder;

  @Test
  void theNewestCompleteCheckpointOfAnyJobIsFound() throws IOException {
    checkpoint("job-1/chk-7", 1000);
    Path newest = checkpoint("job-2/chk-2", 2000);
    Files.createDirectories(folder.resolve("job-2/chk-3"));

    assertThat(RetainedCheckpoint.newest(folder)).contains(newest);
  }

  @Test
  void aFolderWithoutOneHasNone() throws IOException {
    assertThat(RetainedCheckpoint.newest(folder)).isEmpty();
    assertThat(RetainedCheckpoint.newest(folder.resolve("missing"))).isEmpty();
  }

  @Test
  void itIsFoundWhileAJobTakesNewOnesAndRemovesTheOldOnes() throws Exception {
    checkpoint("job/chk-0", 0);
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Void> job = CompletableFuture.runAsync(() -> takeCheckpoints(over));
    try {
      for (int look = 0; look < 1_000; look++) {
        assertThat(RetainedCheckpoint.newest(folder)).isPresent();
      }
    } finally {
      over.set(true);
      job.get();
    }
  }

  private void takeCheckpoints(AtomicBoolean over) {
    try {
      for (int number = 1; !over.get(); number++) {
        checkpoint("job/chk-" + number, number);
        Path old = folder.resolve("job/chk-" + (number - 1));
        Files.delete(old.resolve("_metadata"));
        Files.delete(old);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path checkpoint(String name, long writtenMs) throws IOException {
    Path checkpoint = Files.createDirectories(folder.resolve(name));
    Path metadata = Files.createFile(checkpoint.resolve("_metadata"));
    Files.setLastModifiedTime(metadata, FileTime.fromMillis(writtenMs));
    return checkpoint;
  }
}
