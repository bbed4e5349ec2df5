package dev.millrace.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  @TempDir Path directory;

  /** The kinds of Llama 3, Llama 2 (old and new conversions, and the oldest), Mistral Nemo. */
  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @ValueSource(
      strings = {"byte-level", "sentencepiece", "metaspace", "metaspace-decoder", "tekken"})
  @interface EveryKind {}

  @EveryKind
  void encodesAndDecodesAsTheReferenceLibraryDoes(String name) throws IOException {
    Path expected = Checkpoints.resource("tokenizers/encodings.json");
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.resource("tokenizers/" + name))) {
      for (JsonNode example : Checkpoints.JSON.readTree(expected.toFile()).get(name)) {
        String text = example.get("text").asText();
        int[] ids = ids(example.get("ids"));
        assertThat(tokenizer.encode(text, true)).as(text).isEqualTo(ids);
        assertThat(tokenizer.decode(ids, true)).isEqualTo(example.get("decoded").asText());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "tekken"})
  void encodesWordByWordWhatItEncodesAtOnce(String name) throws IOException {
    Random random = new Random(1);
    String[] parts = {
      "the",
      " ",
      "  ",
      "Order",
      "'s",
      "12,345",
      "\n",
      " \n ",
      "\t",
      "<|eot_id|>",
      "don't",
      "\u00e9",
      "\u4e16\u754c",
      "-",
      "...",
      "\ud83d\ude00",
      " a",
      "B ",
      "<|start_header_id|>",
      "!",
      "\u00a0",
      "{\"order\":\"A-17\",\"lines\":[{\"sku\":1,\"n\":12}],\"at\":\"2026-03-02T08:14:07Z\"}",
      "https://example.org/a/b?c=d&e=1'LL\r\n\r\nthe"
    };
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.resource("tokenizers/" + name))) {
      assertThat(tokenizer.vocabulary().isCutBeforeSpaces()).isTrue();
      for (int i = 0; i < 800; i++) {
        StringBuilder text = new StringBuilder();
        random.ints(60, 0, parts.length).forEach(part -> text.append(parts[part]));
        String all = text.toString();
        assertThat(tokenizer.encode(all, false))
            .as(all)
            .isEqualTo(tokenizer.encodeAtOnce(all, false));
      }
    }
  }

  @EveryKind
  void piecesOfAStreamAreTheWholeText(String name) throws IOException {
    Path expected = Checkpoints.resource("tokenizers/encodings.json");
    Vocabulary vocabulary = Vocabulary.load(Checkpoints.resource("tokenizers/" + name));
    for (JsonNode example : Checkpoints.JSON.readTree(expected.toFile()).get(name)) {
      Detokenizer stream = new Detokenizer(vocabulary, StopStrings.of(List.of()));
      StringBuilder text = new StringBuilder();
      for (int token : ids(example.get("ids"))) {
        text.append(stream.append(token));
      }
      assertThat(text.append(stream.finish()).toString())
          .isEqualTo(example.get("decoded").asText());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "sentencepiece", "tekken"}) // Metaspace loses a space
  void whatIsEncodedDecodesToItself(String name) throws IOException {
    Path expected = Checkpoints.resource("tokenizers/encodings.json");
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.resource("tokenizers/" + name))) {
      for (JsonNode example : Checkpoints.JSON.readTree(expected.toFile()).get(name)) {
        String text = example.get("text").asText();
        String decoded = tokenizer.decode(tokenizer.encode(text, false), false);
        // A literal U+2581 is a space to SentencePiece, and the bytes' names are bytes.
        if (!text.contains("\u2581") && !text.contains("<0x") && !text.contains("</s>")) {
          assertThat(decoded).isEqualTo(text);
        }
      }
    }
  }

  @Test
  void doesNotCutForASentencePieceTokenizer() {
    Vocabulary vocabulary = Vocabulary.load(Checkpoints.resource("tokenizers/sentencepiece"));
    assertThat(vocabulary.isCutBeforeSpaces()).isFalse();
  }

  @Test
  void addsTheSpecialTokensRoundATextOnlyIfAsked() {
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.byteLevel())) {
      int bos = tokenizer.vocabulary().id("<|begin_of_text|>").getAsInt();
      int[] bare = tokenizer.encode("Hello", false);
      int[] full = tokenizer.encode("Hello", true);
      assertThat(full[0]).isEqualTo(bos);
      assertThat(Arrays.copyOfRange(full, 1, full.length)).isEqualTo(bare);
    }
  }

  @Test
  void keepsSpecialTokensInTheTextIfAsked() {
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.byteLevel())) {
      int[] ids = tokenizer.encode("a<|eot_id|>", false);
      assertThat(tokenizer.decode(ids, false)).isEqualTo("a<|eot_id|>");
      assertThat(tokenizer.decode(ids, true)).isEqualTo("a");
    }
  }

  @Test
  void neverTruncatesOrPadsWhateverTheFileSays() throws IOException {
    Path truncating =
        Checkpoints.edited(
            Checkpoints.byteLevel(),
            directory,
            json -> {
              ObjectNode truncation = json.putObject("truncation").put("max_length", 8);
              truncation.put("direction", "Right").put("strategy", "LongestFirst").put("stride", 0);
              ObjectNode padding = json.putObject("padding").put("direction", "Right");
              padding.putObject("strategy").put("Fixed", 32);
              padding.putNull("pad_to_multiple_of").put("pad_id", 0).put("pad_type_id", 0);
              padding.put("pad_token", "!");
            });
    try (Tokenizer tokenizer = Tokenizer.load(truncating)) {
      String text = "The invoice was sent. ".repeat(500);
      assertThat(tokenizer.decode(tokenizer.encode(text, false), false)).isEqualTo(text);
      assertThat(tokenizer.encode("a", false)).hasSize(1);
    }
  }

  @Test
  void aLoneSurrogateBecomesTheReplacementCharacter() {
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.byteLevel())) {
      int[] ids = tokenizer.encode("a\uD83Db", false);
      assertThat(tokenizer.decode(ids, false)).isEqualTo("a\uFFFDb");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "sentencepiece"})
  void segmentsGoOnWithoutASpaceBetweenThem(String name) {
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.resource("tokenizers/" + name))) {
      for (List<String> segments :
          List.of(List.of("a <", "/s> b"), List.of("x<", "|eot_id|>"), List.of("", "\n", "\n y"))) {
        RenderedPrompt prompt = new RenderedPrompt(segments);
        int[] ids = tokenizer.encode(prompt);
        assertThat(tokenizer.decode(ids, false)).isEqualTo(prompt.text());
        assertThat(IntStream.of(ids).noneMatch(tokenizer.vocabulary()::isSpecial)).isTrue();
      }
    }
  }

  @Test
  void manyThreadsMayEncodeAtOnce() {
    try (Tokenizer tokenizer = Tokenizer.load(Checkpoints.byteLevel())) {
      List<String> texts =
          IntStream.range(0, 500).mapToObj(i -> "the customer " + i + " 你好 ").toList();
      List<int[]> alone = texts.stream().map(text -> tokenizer.encode(text, true)).toList();
      List<int[]> together =
          texts.parallelStream().map(text -> tokenizer.encode(text, true)).toList();
      assertThat(together).usingRecursiveComparison().isEqualTo(alone);
    }
  }

  @Test
  void aFileTheNativeLibraryRefusesIsNamed() throws IOException {
    Path broken =
        Checkpoints.edited(
            Checkpoints.byteLevel(),
            directory,
            json -> json.putObject("pre_tokenizer").put("type", "NoSuchThing"));
    assertThatThrownBy(() -> Tokenizer.load(broken))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tokenizer.json cannot be loaded");
  }

  private static int[] ids(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
