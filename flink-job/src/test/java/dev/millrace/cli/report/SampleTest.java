package dev.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SampleTest {
  @Test
  void noLineIsWiderThanAHundredColumns() {
    Sample sample = new Sample("summarise  doc-1", "word ".repeat(500), "x".repeat(500));

    assertThat(sample.lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void aLongTextIsCutWithAnEllipsis() {
    assertThat(Paragraph.wrap("one two three four five six", 10, 2))
        .containsExactly("one two", "three f...");
  }

  @Test
  void aTextThatFitsIsLeftWhole() {
    assertThat(Paragraph.wrap("  one\n two\t three ", 10, 2)).containsExactly("one two", "three");
    assertThat(Paragraph.wrap("", 10, 2)).isEmpty();
  }

  @Test
  void aWordLongerThanALineIsSplit() {
    assertThat(Paragraph.wrap("abcdefghijkl", 8, 2)).containsExactly("abcdefgh", "ijkl");
  }

  @Test
  void aCharacterOfTwoUnitsIsNotSplit() {
    assertThat(Paragraph.wrap("1234567\uD83D\uDE00x", 8, 2))
        .containsExactly("1234567", "\uD83D\uDE00x");
  }

  @Test
  void controlCharactersDoNotReachTheTerminal() {
    assertThat(Paragraph.wrap("a\u001b[2Jb\u0007", 20, 1)).containsExactly("a\uFFFD[2Jb\uFFFD");
  }

  @Test
  void anEmptyAnswerIsSaidToBeOne() {
    assertThat(new Sample("label  doc-1", "text", "").lines()).contains("   -> (an empty answer)");
  }
}
