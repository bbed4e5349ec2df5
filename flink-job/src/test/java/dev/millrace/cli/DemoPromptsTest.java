package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DemoPromptsTest {
  @TempDir private Path folder;

  @Test
  void tasksTakeTurnsAndDocumentsAreUsedAgainUnderNewIds() {
    List<DemoDocument> documents =
        List.of(document("a", "label"), document("b", "label"), document("c", "enrich"));

    List<DemoPrompts.DemoPrompt> prompts = DemoPrompts.take(documents, 5, 16);

    assertThat(prompts.stream().map(prompt -> prompt.document().id()))
        .containsExactly("a", "c", "b", "c", "a");
    assertThat(prompts.stream().map(prompt -> prompt.request().getId()))
        .containsExactly("label-0001", "enrich-0002", "label-0003", "enrich-0004", "label-0005");
  }

  @Test
  void aPromptCarriesItsTaskAndDocumentAsAttributes() {
    DemoPrompts.DemoPrompt prompt = DemoPrompts.take(List.of(document("a", "label")), 1, 16).get(0);

    assertThat(prompt.request().getAttributes())
        .containsEntry("task", "label")
        .containsEntry("document", "a");
    assertThat(prompt.request().getMaxTokens()).contains(16);
  }

  @Test
  void theSampleDocumentsCoverTheThreeUses() throws IOException {
    List<DemoDocument> documents = DemoDocument.readAll(Installation.current().sampleDocuments());

    assertThat(documents.stream().map(DemoDocument::task).distinct())
        .containsExactlyInAnyOrder("summarise", "enrich", "label");
  }

  @Test
  void aLineThatIsNoDocumentIsNamedByItsFile() throws IOException {
    Path file = Files.writeString(folder.resolve("x.jsonl"), "{\"id\": \"1\"}\n");

    assertThatThrownBy(() -> DemoDocument.readAll(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString());
  }

  private static DemoDocument document(String id, String task) {
    return new DemoDocument(
        id,
        task,
        List.of(new DemoDocument.Turn("user", "text of " + id)),
        Optional.empty(),
        List.of());
  }
}
