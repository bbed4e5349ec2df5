package dev.millrace.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetokenizerTest {
  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "  two leading spaces",
          "Hello world, how are you today?",
          "naïve café — “quotes” …",
          "你好,世界。これは試験です",
          "👍🏽 family 👨‍👩‍👧‍👦 flags 🇨🇭",
          "مرحبا بالعالم",
          "def f(x):\n\treturn x  +  1\n\n\n    # end   ");

  private Tokenizer tokenizer = Tokenizer.load(Checkpoints.byteLevel());

  @AfterEach
  void close() {
    tokenizer.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "sentencepiece"})
  void thePiecesTogetherAreTheDecodedText(String name) {
    use(name);
    for (String text : TEXTS) {
      int[] tokens = tokenizer.encode(text, true);
      assertThat(String.join("", pieces(StopStrings.none(), tokens)))
          .isEqualTo(tokenizer.decode(tokens, true))
          .isEqualTo(text);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "sentencepiece"})
  void thePiecesOfArbitraryTokensTogetherAreTheDecodedText(String name) {
    use(name);
    Random random = new Random(7);
    for (int round = 0; round < 5_000; round++) {
      // The first half of both vocabularies is mostly bytes: malformed UTF-8 of every kind.
      int bound = tokenizer.vocabulary().size() / (1 + round % 2) + 3;
      int[] tokens = random.ints(1 + random.nextInt(12), 0, bound).toArray();
      assertThat(String.join("", pieces(StopStrings.none(), tokens)))
          .as(() -> java.util.Arrays.toString(tokens))
          .isEqualTo(tokenizer.decode(tokens, true));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "sentencepiece"})
  void noPieceSplitsACharacter(String name) {
    use(name);
    for (String text : TEXTS) {
      assertThat(pieces(StopStrings.none(), tokenizer.encode(text, false)))
          .noneMatch(piece -> piece.contains("\uFFFD"))
          .noneMatch(piece -> !piece.isEmpty() && Character.isLowSurrogate(piece.charAt(0)));
    }
  }

  @Test
  void textIsReturnedWithTheTokenThatCompletesIt() {
    int[] tokens = tokenizer.encode("a 你 b", false);
    assertThat(pieces(StopStrings.none(), tokens)).containsExactly("a", " ", "", "", "你", " b", "");
  }

  @Test
  void specialTokensAreLeftOut() {
    int[] tokens = tokenizer.encode("a<|eot_id|>b<|reserved_special_token_0|>", true);
    assertThat(String.join("", pieces(StopStrings.none(), tokens))).isEqualTo("ab");
  }

  @Test
  void anUnfinishedCharacterAtTheEndIsReplaced() {
    int[] tokens = tokenizer.encode("你", false);
    Detokenizer detokenizer = new Detokenizer(tokenizer.vocabulary(), StopStrings.none());
    assertThat(detokenizer.append(tokens[0])).isEmpty();
    assertThat(detokenizer.finish()).isEqualTo("\uFFFD");
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "sentencepiece"})
  void theTextEndsBeforeAStopString(String name) {
    use(name);
    assertThat(until("one two three", "two")).isEqualTo("one ");
    assertThat(until("one two three", "wo th")).isEqualTo("one t");
    assertThat(until("one two three", "four")).isEqualTo("one two three");
    assertThat(until("Answer: yes\nQuestion: next", "\nQuestion", "xyz")).isEqualTo("Answer: yes");
    assertThat(until("你好,世界", "世")).isEqualTo("你好,");
    assertThat(until("👍👎", "👎")).isEqualTo("👍");
  }

  @ParameterizedTest
  @ValueSource(strings = {"byte-level", "sentencepiece"})
  void stopStringsCutTheTextWhereverTokensEnd(String name) {
    use(name);
    Random random = new Random(11);
    for (int round = 0; round < 2_000; round++) {
      String text = random(random, 30);
      String first = random(random, 3);
      String second = random(random, 2);
      int end = firstEnd(text, first, second);
      String expected =
          end < 0 ? text : text.substring(0, end - longestSuffix(text, end, first, second));
      assertThat(until(text, first, second))
          .as("%s %s %s", text, first, second)
          .isEqualTo(expected);
    }
  }

  @Test
  void whatMayBeginAStopStringIsHeldBack() {
    Detokenizer detokenizer =
        new Detokenizer(tokenizer.vocabulary(), StopStrings.of(List.of("\n\nUser")));
    assertThat(append(detokenizer, "a")).isEqualTo("a");
    assertThat(append(detokenizer, "\n")).isEmpty();
    assertThat(append(detokenizer, "b")).isEqualTo("\nb");
    assertThat(append(detokenizer, "\n")).isEmpty();
    assertThat(detokenizer.finish()).isEqualTo("\n");
  }

  @Test
  void aNewlineSpeltAsAByteTokenStopsAtOnce() {
    use("sentencepiece");
    Detokenizer detokenizer =
        new Detokenizer(tokenizer.vocabulary(), StopStrings.of(List.of("\n")));
    detokenizer.append(tokenizer.vocabulary().id("a").getAsInt());
    detokenizer.append(tokenizer.vocabulary().id("<0x0A>").getAsInt());
    assertThat(detokenizer.isStopped()).isTrue();
  }

  @Test
  void noTokenComesAfterAStopString() {
    Detokenizer detokenizer = new Detokenizer(tokenizer.vocabulary(), StopStrings.of(List.of("a")));
    append(detokenizer, "a");
    assertThat(detokenizer.finish()).isEmpty();
    assertThatThrownBy(() -> append(detokenizer, "b")).isInstanceOf(IllegalStateException.class);
  }

  private void use(String name) {
    tokenizer.close();
    tokenizer = Tokenizer.load(Checkpoints.resource("tokenizers/" + name));
  }

  private String append(Detokenizer detokenizer, String token) {
    return detokenizer.append(tokenizer.encode(token, false)[0]);
  }

  private String until(String text, String... stops) {
    return String.join("", pieces(StopStrings.of(List.of(stops)), tokenizer.encode(text, false)));
  }

  private List<String> pieces(StopStrings stops, int[] tokens) {
    Detokenizer detokenizer = new Detokenizer(tokenizer.vocabulary(), stops);
    List<String> pieces = new ArrayList<>();
    for (int token : tokens) {
      if (!detokenizer.isStopped()) {
        pieces.add(detokenizer.append(token));
      }
    }
    pieces.add(detokenizer.finish());
    return pieces;
  }

  /** Two letters, so that stop strings overlap themselves and each other. */
  private static String random(Random random, int length) {
    StringBuilder text = new StringBuilder();
    random.ints(1 + random.nextInt(length), 0, 3).forEach(i -> text.append("aé\n".charAt(i)));
    return text.toString();
  }

  private static int firstEnd(String text, String... stops) {
    for (int end = 1; end <= text.length(); end++) {
      if (longestSuffix(text, end, stops) > 0) {
        return end;
      }
    }
    return -1;
  }

  private static int longestSuffix(String text, int end, String... stops) {
    int longest = 0;
    for (String stop : stops) {
      if (text.substring(0, end).endsWith(stop)) {
        longest = Math.max(longest, stop.length());
      }
    }
    return longest;
  }
}
