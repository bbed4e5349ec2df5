package dev.millrace.engine.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyTest {
  private final Vocabulary byteLevel = Vocabulary.load(Checkpoints.byteLevel());
  private final Vocabulary sentencePiece = Vocabulary.load(Checkpoints.sentencePiece());

  @TempDir Path directory;

  @Test
  void aByteLevelTokenStandsForTheBytesItsCharactersSpell() {
    assertThat(bytes(byteLevel, "Ġthe")).isEqualTo(" the".getBytes(UTF_8));
    assertThat(bytes(byteLevel, "Ċ")).containsExactly('\n');
    assertThat(bytes(byteLevel, "Ń")).containsExactly(0xAD);
  }

  @Test
  void theByteLevelAlphabetSpellsEveryByteOnce() {
    boolean[] seen = new boolean[256];
    for (int token = 0; token < byteLevel.size(); token++) {
      if (byteLevel.bytes(token).length == 1) {
        int value = byteLevel.bytes(token)[0] & 0xFF;
        assertThat(seen[value]).as("byte %d", value).isFalse();
        seen[value] = true;
      }
    }
    assertThat(seen).doesNotContain(false);
  }

  @Test
  void aSentencePieceTokenHasSpacesForItsMarksAndOneByteForAByteToken() {
    assertThat(bytes(sentencePiece, "▁the")).isEqualTo(" the".getBytes(UTF_8));
    assertThat(bytes(sentencePiece, "<0xE4>")).containsExactly(0xE4);
  }

  @Test
  void specialTokensAreThoseTheFileCallsSpecial() {
    assertThat(byteLevel.specialTokens())
        .hasSize(16)
        .startsWith("<|begin_of_text|>", "<|end_of_text|>")
        .contains("<|eot_id|>");
    assertThat(byteLevel.isSpecial(byteLevel.id("<|eot_id|>").getAsInt())).isTrue();
    assertThat(byteLevel.isSpecial(byteLevel.id("Ġthe").getAsInt())).isFalse();
    assertThat(sentencePiece.specialTokens()).containsExactly("<unk>", "<s>", "</s>");
  }

  @Test
  void theSizeIsTheHighestIdPlusOne() {
    assertThat(byteLevel.size()).isEqualTo(512);
    assertThat(sentencePiece.size()).isEqualTo(448);
  }

  @Test
  void anIdWithoutATokenStandsForNoBytes() {
    assertThat(byteLevel.bytes(600)).isEmpty();
    assertThat(byteLevel.isSpecial(600)).isFalse();
    assertThatThrownBy(() -> byteLevel.bytes(-1)).hasMessage("token -1 is negative");
  }

  @Test
  void anUnknownNameHasNoId() {
    assertThat(byteLevel.id("<|no_such_token|>")).isEmpty();
  }

  @Test
  void anotherModelIsRefusedByName() throws IOException {
    Path unigram = edit(json -> ((ObjectNode) json.get("model")).put("type", "Unigram"));
    assertThatThrownBy(() -> Vocabulary.load(unigram))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.json: model.type \"Unigram\" is not supported");
  }

  @Test
  void anotherDecoderIsRefusedByName() throws IOException {
    Path wordPiece = edit(json -> json.putObject("decoder").put("type", "WordPiece"));
    assertThatThrownBy(() -> Vocabulary.load(wordPiece))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.json: decoder [WordPiece] is not supported");
  }

  @Test
  void anIdFarBeyondTheVocabularyIsRefused() throws IOException {
    Path huge = edit(json -> ((ObjectNode) json.at("/model/vocab")).put("huge", Integer.MAX_VALUE));
    assertThatThrownBy(() -> Vocabulary.load(huge))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("token \"huge\" has the impossible id 2147483647");
  }

  @Test
  void aMissingOrBrokenFileIsNamed() throws IOException {
    assertThatThrownBy(() -> Vocabulary.load(directory))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.json is missing");
    Files.writeString(directory.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"a\"");
    assertThatThrownBy(() -> Vocabulary.load(directory))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.json is not valid JSON");
    Files.writeString(
        directory.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"a\": \"b\"}}}");
    assertThatThrownBy(() -> Vocabulary.load(directory))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model.vocab[\"a\"] should be VALUE_NUMBER_INT");
  }

  private Path edit(java.util.function.Consumer<ObjectNode> edit) throws IOException {
    return Checkpoints.edited(Checkpoints.byteLevel(), directory, edit);
  }

  private static byte[] bytes(Vocabulary vocabulary, String token) {
    return vocabulary.bytes(vocabulary.id(token).getAsInt());
  }
}
