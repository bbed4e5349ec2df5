package dev.millrace.engine.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void aMatchIsReportedAtItsLastByte() {
    assertThat(end("one two three", "two")).isEqualTo("one two".length());
    assertThat(end("nothing", "two")).isEqualTo(-1);
  }

  @Test
  void aMatchMayBeginInsideAFailedOne() {
    assertThat(end("aaab", "aab")).isEqualTo(4);
    assertThat(end("\n\n\nUser:", "\n\nUser:")).isEqualTo(8);
  }

  @Test
  void theEarliestEndWinsAndTheLongestAmongThem() {
    assertThat(end("abcd", "bcd", "c")).isEqualTo(3);
    StopStrings.Matcher matcher = StopStrings.of(List.of("c", "abc")).matcher();
    matcher.accept((byte) 'a');
    matcher.accept((byte) 'b');
    assertThat(matcher.accept((byte) 'c')).isEqualTo(3);
  }

  @Test
  void theBytesThatMayBeginAMatchAreHeld() {
    StopStrings.Matcher matcher = StopStrings.of(List.of("\n\n", "\nQ:")).matcher();
    matcher.accept((byte) 'x');
    assertThat(matcher.held()).isZero();
    matcher.accept((byte) '\n');
    assertThat(matcher.held()).isEqualTo(1);
    matcher.accept((byte) 'Q');
    assertThat(matcher.held()).isEqualTo(2);
    matcher.accept((byte) 'x');
    assertThat(matcher.held()).isZero();
  }

  @Test
  void anEmptyOrBrokenStringIsRefused() {
    assertThatThrownBy(() -> StopStrings.of(List.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StopStrings.of(List.of("\uD800")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** How many bytes were read when a stop string was complete, or -1. */
  private static int end(String text, String... stops) {
    StopStrings.Matcher matcher = StopStrings.of(List.of(stops)).matcher();
    byte[] bytes = text.getBytes(UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (matcher.accept(bytes[i]) > 0) {
        return i + 1;
      }
    }
    return -1;
  }
}
