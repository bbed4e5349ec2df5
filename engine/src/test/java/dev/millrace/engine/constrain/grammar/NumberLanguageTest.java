package dev.millrace.engine.constrain.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.constrain.grammar.NumberLanguage.Bound;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.Random;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

class NumberLanguageTest {
  private final Random random = new Random(1);

  @Test
  void exactly_the_integers_within_the_bounds_are_in_the_language() {
    for (int round = 0; round < 200; round++) {
      Optional<Bound> low = bound(0);
      Optional<Bound> high = bound(0);
      Automaton language = NumberLanguage.integers(low, high);
      for (int value = -1200; value <= 1200; value += 1 + random.nextInt(7)) {
        assertMember(language, BigDecimal.valueOf(value), low, high);
      }
    }
  }

  @Test
  void exactly_the_decimals_within_the_bounds_are_in_the_language() {
    for (int round = 0; round < 200; round++) {
      Optional<Bound> low = bound(2);
      Optional<Bound> high = bound(2);
      Automaton language = NumberLanguage.decimals(low, high);
      for (int value = -120_000; value <= 120_000; value += 1 + random.nextInt(2000)) {
        assertMember(language, BigDecimal.valueOf(value, random.nextInt(4)), low, high);
      }
      low.ifPresent(bound -> assertMember(language, bound.value(), low, high));
      high.ifPresent(bound -> assertMember(language, bound.value(), low, high));
    }
  }

  @Test
  void numbers_have_one_sign_and_no_leading_zeros() {
    Automaton any = NumberLanguage.decimals(Optional.empty(), Optional.empty());
    for (String text : new String[] {"00", "01", "-0", "-0.0", "+1", "--1", "1.", ".5", "", "-"}) {
      assertThat(Operations.run(any, text)).as(text).isFalse();
    }
    for (String text : new String[] {"0", "0.0", "-0.01", "10", "-999", "1.50"}) {
      assertThat(Operations.run(any, text)).as(text).isTrue();
    }
  }

  private Optional<Bound> bound(int scale) {
    BigDecimal value = BigDecimal.valueOf(random.nextInt(2000) - 1000, random.nextInt(scale + 1));
    return random.nextInt(4) == 0
        ? Optional.empty()
        : Optional.of(new Bound(value, random.nextBoolean()));
  }

  private static void assertMember(
      Automaton language, BigDecimal value, Optional<Bound> low, Optional<Bound> high) {
    boolean member =
        low.filter(bound -> !isBeyond(bound, value)).isEmpty()
            && high.filter(bound -> !isBeyond(bound.negated(), value.negate())).isEmpty();
    assertThat(Operations.run(language, value.toPlainString()))
        .as("%s in %s to %s", value.toPlainString(), low, high)
        .isEqualTo(member);
  }

  private static boolean isBeyond(Bound low, BigDecimal value) {
    int compared = value.compareTo(low.value());
    return low.inclusive() ? compared >= 0 : compared > 0;
  }
}
