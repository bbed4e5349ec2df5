package dev.millrace.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WordCacheTest {
  private final AtomicInteger calls = new AtomicInteger();
  private final WordCache cache =
      new WordCache(
          text -> {
            calls.incrementAndGet();
            return text.chars().toArray();
          },
          Optional.empty(),
          Optional.empty());

  @Test
  void aWordIsTokenisedOnce() {
    String text = "the cat and the dog and the cat .";
    assertThat(cache.encode(text)).isEqualTo(text.chars().toArray());
    assertThat(calls).hasValue(6);
    calls.set(0);
    cache.encode(text);
    assertThat(calls).hasValue(0);
  }

  /** Far more than there is room for, so that most take another one's place. */
  @Test
  void wordsThatShareAPlaceKeepTheirOwnTokens() {
    Random random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      String text = words(random, 400);
      assertThat(cache.encode(text)).isEqualTo(text.chars().toArray());
    }
    assertThat(calls).hasValueGreaterThan(500_000);
  }

  /** Words of all lengths up to and beyond what is remembered, of all kinds of characters. */
  @Test
  void everyWordHasItsOwnTokens() {
    Random random = new Random(5);
    String letters = "ab\u00E9\u00FF\u0100\u4E16\u0000\u007F.";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(60); n >= 0; n--) {
        text.append(
            random.nextInt(6) == 0 ? ' ' : letters.charAt(random.nextInt(letters.length())));
      }
      String written = text.toString();
      assertThat(cache.encode(written)).isEqualTo(written.chars().toArray());
    }
  }

  @Test
  void tokensOfLargeVocabulariesAreKeptWhole() {
    WordCache large =
        new WordCache(
            text -> text.chars().map(c -> c * 9_000).toArray(), Optional.empty(), Optional.empty());
    for (int i = 0; i < 2; i++) {
      assertThat(large.encode("zap tzar a tz end"))
          .isEqualTo("zap tzar a tz end".chars().map(c -> c * 9_000).toArray());
    }
  }

  @Test
  void threadsDoNotDisturbEachOther() {
    IntStream.range(0, 2_000)
        .parallel()
        .forEach(
            i -> {
              String text = words(new Random(i % 50), 200);
              assertThat(cache.encode(text)).isEqualTo(text.chars().toArray());
            });
  }

  @Test
  void addedTokensAreCutOutAndTheTokenizerNeverSeesThem() {
    List<String> seen = new ArrayList<>();
    WordCache cutting =
        new WordCache(
            text -> {
              seen.add(text);
              return text.chars().toArray();
            },
            AddedTokens.of(
                List.of(
                    new AddedToken(1_000, "<|a|>", true, false),
                    new AddedToken(1_001, "<|a|>>", true, false),
                    new AddedToken(1_002, "<", true, false))),
            Optional.empty());
    assertThat(cutting.encode("<|a|>x y<|a|>>zz<|a<|a|>"))
        .containsExactly(1_000, 'x', ' ', 'y', 1_001, 'z', 'z', 1_002, '|', 'a', 1_000);
    assertThat(seen).containsExactly("x", " y", "zz", "|a");
  }

  @Test
  void aLongPieceIsCutIntoWordsOfWhichAFewAreLearntAtATime() {
    WordCache cutting =
        new WordCache(
            text -> {
              calls.incrementAndGet();
              return text.chars().toArray();
            },
            AddedTokens.of(List.of()),
            Optional.of(Pattern.compile("[a-z]+|.")));
    String text = "a.b,c:d;e!f?g-h(i)j=k{l}m+n/o*p";
    for (int left : List.of(9, 9, 9, 7, 0)) {
      calls.set(0);
      assertThat(cutting.encode(text)).isEqualTo(text.chars().toArray());
      assertThat(calls).hasValue(left);
    }
  }

  private static String words(Random random, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Integer.toString(random.nextInt(1_000_000), 36))
        .collect(Collectors.joining(" "));
  }
}
