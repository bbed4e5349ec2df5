package dev.millrace.job.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A token is a word here, or four characters of one. */
class DocumentSplitterTest {
  private static final DocumentSplitter SPLITTER =
      new DocumentSplitter(DocumentSplitterTest::tokens);

  @Test
  void aDocumentThatFitsIsOnePart() {
    assertThat(SPLITTER.split("A cat. A dog.\n", 4, 0)).containsExactly("A cat. A dog.\n");
  }

  @Test
  void partsEndWithSentences() {
    assertThat(SPLITTER.split("A cat. A dog. A cow. A hen.", 5, 0))
        .containsExactly("A cat. A dog. ", "A cow. A hen.");
  }

  @Test
  void partsEndWithParagraphsIfLittleIsGivenUp() {
    assertThat(SPLITTER.split("A cat. A dog. A cow.\n\nA hen. A pig. A fox.", 8, 0))
        .containsExactly("A cat. A dog. A cow.\n\n", "A hen. A pig. A fox.");
  }

  @Test
  void aFarParagraphEndIsNotWaitedFor() {
    assertThat(SPLITTER.split("A cat.\n\nA dog. A cow. A hen. A pig. A fox.", 8, 0))
        .containsExactly("A cat.\n\nA dog. A cow. A hen. ", "A pig. A fox.");
  }

  @Test
  void partsOverlapByWholeSentences() {
    assertThat(SPLITTER.split("A cat. A dog. A cow. A hen.", 5, 2))
        .containsExactly("A cat. A dog. ", "A dog. A cow. ", "A cow. A hen.");
  }

  @Test
  void aSentenceThatIsTooLongIsCutBetweenWords() {
    assertThat(SPLITTER.split("one two six ten red sun", 3, 0))
        .containsExactly("one two six ", "ten red sun");
  }

  @Test
  void aWordThatIsTooLongIsCutBetweenCharacters() {
    List<String> parts = SPLITTER.split("\uD83D\uDE00".repeat(50), 3, 0);

    assertThat(String.join("", parts)).isEqualTo("\uD83D\uDE00".repeat(50));
    assertThat(parts)
        .allSatisfy(
            part -> {
              assertThat(tokens(part)).isLessThanOrEqualTo(3);
              assertThat(Character.isLowSurrogate(part.charAt(0))).isFalse();
            });
  }

  @Test
  void nothingIsLostAndNoPartIsTooLongWhateverTheDocument() {
    Random random = new Random(1);
    for (int round = 0; round < 300; round++) {
      String document = document(random);
      int limit = 4 + random.nextInt(40);
      List<String> plain = SPLITTER.split(document, limit, 0);
      List<String> overlapping = SPLITTER.split(document, limit, random.nextInt(limit / 2 + 1));

      assertThat(String.join("", plain)).isEqualTo(document);
      assertThat(plain).allSatisfy(part -> assertThat(tokens(part)).isLessThanOrEqualTo(limit));
      assertThat(overlapping)
          .allSatisfy(part -> assertThat(tokens(part)).isLessThanOrEqualTo(limit));
      int covered = 0;
      for (String part : overlapping) {
        int start = document.indexOf(part, Math.max(0, covered - part.length()));
        assertThat(start).isBetween(0, covered);
        assertThat(start + part.length()).as("each part goes on").isGreaterThan(covered);
        covered = start + part.length();
      }
      assertThat(covered).isEqualTo(document.length());
    }
  }

  @Test
  void anOverlapOfMoreThanHalfAPartIsRefused() {
    assertThatThrownBy(() -> SPLITTER.split("A cat.", 4, 3)).hasMessageContaining("overlap by 3");
  }

  /** Every word and its place are unlike any other, so that a part is found in one place only. */
  private static String document(Random random) {
    StringBuilder text = new StringBuilder();
    int words = 1 + random.nextInt(200);
    for (int word = 0; word < words; word++) {
      text.append("w").append(word);
      for (int letter = random.nextInt(12) == 0 ? 30 : 1; letter > 0; letter--) {
        text.append((char) ('a' + random.nextInt(22)));
      }
      text.append(
          switch (random.nextInt(8)) {
            case 0 -> ". ";
            case 1 -> ".\n";
            case 2 -> ".\n\n";
            default -> " ";
          });
    }
    return text.toString();
  }

  private static int tokens(String text) {
    int tokens = 0;
    for (String word : text.strip().split("\\s+", -1)) {
      tokens += (word.length() + 3) / 4;
    }
    return tokens;
  }
}
