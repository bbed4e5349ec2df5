package dev.millrace.job.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ShapeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          EMAIL       | Write to jane.doe+news@mail.example.com. Thanks    | jane.doe+news@mail.example.com
          PHONE       | Call +49 (0)89 1234-5678 today                     | +49 (0)89 1234-5678
          PHONE       | or 0171 2345678, after six                         | 0171 2345678
          PHONE       | or 555-867-5309.                                   | 555-867-5309
          IBAN        | My IBAN is DE89 3704 0044 0532 0130 00 PLEASE PAY  | DE89 3704 0044 0532 0130 00
          IBAN        | GB82WEST12345698765432, thanks                     | GB82WEST12345698765432
          CREDIT_CARD | card 4111 1111 1111 1111 until 12/27               | 4111 1111 1111 1111
          CREDIT_CARD | 378282246310005                                    | 378282246310005
          IP_ADDRESS  | from 203.0.113.7:8080                              | 203.0.113.7
          IP_ADDRESS  | at 2001:db8::ff00:42:8329 today                    | 2001:db8::ff00:42:8329
          US_SSN      | her number 219-09-9999 is wrong                    | 219-09-9999
          """)
  void isFoundWhereItStands(Shape shape, String text, String found) {
    assertThat(found(shape, text)).containsExactly(found);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          EMAIL       | jane at example.com, @jane, jane@localhost
          PHONE       | order 1945-823 of 2026-11-21, 12.345,67 euros
          IBAN        | DE89 3704 0044 0532 0130 01
          CREDIT_CARD | 4111 1111 1111 1112
          CREDIT_CARD | order 1234567890123456
          IP_ADDRESS  | version 1.2.3, at 12:30:45, 300.1.1.1
          US_SSN      | 000-12-3456 and 666-12-3456 and 123-45-67890
          """)
  void whatOnlyLooksLikeItIsNot(Shape shape, String text) {
    assertThat(found(shape, text)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aLongTextMadeToHoldItUpTakesNoLongerThanAnyOther(Shape shape) {
    List<String> texts =
        List.of(
            "a.".repeat(100_000),
            "1 ".repeat(100_000),
            "AB12 ".repeat(40_000),
            "0:".repeat(100_000));

    assertTimeoutPreemptively(Duration.ofSeconds(30), () -> texts.forEach(shape::find));
  }

  @Test
  void thereMayBeSeveralAndAtTheEnds() {
    assertThat(found(Shape.EMAIL, "a@b.org, c@d.org")).containsExactly("a@b.org", "c@d.org");
    assertThat(found(Shape.US_SSN, "219-09-9999 219-09-9998"))
        .containsExactly("219-09-9999", "219-09-9998");
    assertThat(found(Shape.PHONE, "x+49 89 12345678y")).as("part of a word").isEmpty();
  }

  @Test
  void aPatternThatWouldHangAnotherLibraryDoesNot() {
    Finder finder = PatternFinder.of("(a+)+$");

    List<Span> found =
        assertTimeoutPreemptively(
            Duration.ofSeconds(10), () -> finder.find("a".repeat(20_000) + "b"));

    assertThat(found).isEmpty();
  }

  private static List<String> found(Shape shape, String text) {
    return shape.find(text).stream().map(s -> text.substring(s.start(), s.end())).toList();
  }
}
