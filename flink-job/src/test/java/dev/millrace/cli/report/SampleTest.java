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
        .containsExactly("one two", "three f...".substring(0, 7) + "...");
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
  void anEmptyAnswerIsSaidToBeOne() {
    assertThat(new Sample("label  doc-1", "text", "").lines()).contains("   -> (an empty answer)");
  }
}
