package dev.millrace.engine.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.CheckpointException;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderDigestTest {
  @TempDir Path folder;

  @Test
  void isWhatSha256sumSays() throws Exception {
    Files.writeString(folder.resolve("model.safetensors"), "weights");
    Files.writeString(folder.resolve("config.json"), "{}");
    Files.writeString(folder.resolve("Readme"), "capitals come first");
    Process process =
        new ProcessBuilder("sh", "-c", "LC_ALL=C sha256sum -- * | sha256sum")
            .directory(folder.toFile())
            .start();
    String expected = new String(process.getInputStream().readAllBytes(), UTF_8).substring(0, 64);

    assertThat(FolderDigest.of(folder)).isEqualTo(expected);
    assertThatCode(() -> FolderDigest.require(expected.toUpperCase(Locale.ROOT), folder))
        .doesNotThrowAnyException();
  }

  @Test
  void aChangedByteAFileMoreAndAFileLessAreNoticed() throws IOException {
    Path weights = Files.writeString(folder.resolve("model.safetensors"), "weights");
    String pinned = FolderDigest.of(folder);

    Files.writeString(weights, "weighty");
    assertThat(FolderDigest.of(folder)).isNotEqualTo(pinned);
    Files.writeString(weights, "weights");
    Path more = Files.writeString(folder.resolve("chat_template.jinja"), "{{ evil }}");
    assertThat(FolderDigest.of(folder)).isNotEqualTo(pinned);
    Files.delete(more);
    assertThat(FolderDigest.of(folder)).isEqualTo(pinned);
    Files.delete(weights);
    assertThat(FolderDigest.of(folder)).isNotEqualTo(pinned);
  }

  @Test
  void anEngineOpensAPinnedModelAndNoOther() {
    Path model = new TinyCheckpoint().write(folder);
    EngineOptions options = EngineOptions.of(model).withThreads(1).withCacheTokens(64);
    String pinned = FolderDigest.of(model);

    assertThatCode(() -> Engine.open(options.withSha256(pinned)).close())
        .doesNotThrowAnyException();
    String another = "0".repeat(64);
    assertThatThrownBy(() -> Engine.open(options.withSha256(another)).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(pinned)
        .hasMessageContaining(another)
        .hasMessageContaining("not the ones that were pinned");
  }
}
