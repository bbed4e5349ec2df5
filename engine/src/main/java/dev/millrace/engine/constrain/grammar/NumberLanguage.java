package dev.millrace.engine.constrain.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Numbers within bounds, written plainly: no exponent, no leading zeros, up to {@value
 * #MOST_DIGITS} digits before and after the point, and no sign before zero.
 */
final class NumberLanguage {
  static final int MOST_DIGITS = 18;

  private static final Automaton DIGIT = CharacterSet.range('0', '9').toLanguage();
  private static final Automaton FRACTION_DIGITS = Languages.repeat(DIGIT, 0, MOST_DIGITS - 1);

  /** The end of a range of numbers. */
  record Bound(BigDecimal value, boolean inclusive) {
    Bound negated() {
      return new Bound(value.negate(), inclusive);
    }
  }

  private NumberLanguage() {}

  /** The integers from {@code low} to {@code high}. */
  static Automaton integers(Optional<Bound> low, Optional<Bound> high) {
    Optional<BigInteger> least = low.map(NumberLanguage::leastInteger);
    Optional<BigInteger> most =
        high.map(Bound::negated).map(NumberLanguage::leastInteger).map(BigInteger::negate);
    BigInteger zero = BigInteger.ZERO;
    Automaton positive = wholeNumbers(least.orElse(zero).max(zero), most);
    Automaton negative =
        wholeNumbers(
            most.map(BigInteger::negate).orElse(BigInteger.ONE).max(BigInteger.ONE),
            least.map(BigInteger::negate));
    return Languages.smallest(
        Languages.union(positive, Languages.concat(Languages.text("-"), negative)));
  }

  /** The decimals from {@code low} to {@code high}. */
  static Automaton decimals(Optional<Bound> low, Optional<Bound> high) {
    Bound zero = new Bound(BigDecimal.ZERO, true);
    Bound aboveZero = new Bound(BigDecimal.ZERO, false);
    Automaton positive = magnitudes(later(low, zero), high);
    Automaton negative =
        magnitudes(later(high.map(Bound::negated), aboveZero), low.map(Bound::negated));
    return Languages.smallest(
        Languages.union(positive, Languages.concat(Languages.text("-"), negative)));
  }

  private static BigInteger leastInteger(Bound low) {
    BigInteger least = low.value().setScale(0, RoundingMode.CEILING).toBigInteger();
    boolean excluded = !low.inclusive() && new BigDecimal(least).compareTo(low.value()) == 0;
    return excluded ? least.add(BigInteger.ONE) : least;
  }

  private static Bound later(Optional<Bound> bound, Bound zero) {
    if (bound.isEmpty() || bound.get().value().signum() < 0) {
      return zero;
    }
    boolean same = bound.get().value().signum() == 0;
    return same && !zero.inclusive() ? zero : bound.get();
  }

  /** Not negative, without sign. */
  private static Automaton magnitudes(Bound low, Optional<Bound> high) {
    Automaton from = decimalsFrom(low);
    return high.isEmpty() ? from : Languages.intersection(from, decimalsTo(high.get()));
  }

  private static Automaton decimalsFrom(Bound low) {
    BigInteger whole = low.value().toBigInteger();
    return Languages.union(
        Languages.concat(wholeNumbers(whole.add(BigInteger.ONE), Optional.empty()), anyFraction()),
        Languages.concat(
            Languages.text(whole.toString()), fractionsFrom(fraction(low), low.inclusive())));
  }

  private static Automaton decimalsTo(Bound high) {
    if (high.value().signum() < 0) {
      return Languages.empty();
    }
    BigInteger whole = high.value().toBigInteger();
    return Languages.union(
        Languages.concat(
            wholeNumbers(BigInteger.ZERO, Optional.of(whole.subtract(BigInteger.ONE))),
            anyFraction()),
        Languages.concat(
            Languages.text(whole.toString()), fractionsTo(fraction(high), high.inclusive())));
  }

  /** The digits after the point without trailing zeros, which are none for a whole number. */
  private static String fraction(Bound bound) {
    String digits = bound.value().abs().stripTrailingZeros().toPlainString();
    int point = digits.indexOf('.');
    return point < 0 ? "" : digits.substring(point + 1);
  }

  private static Automaton anyFraction() {
    return Languages.optional(Languages.concat(Languages.text("."), DIGIT, FRACTION_DIGITS));
  }

  /**
   * What may follow the whole part so that the fraction is at least (or more than) these digits.
   */
  private static Automaton fractionsFrom(String digits, boolean inclusive) {
    List<Automaton> forms = new ArrayList<>();
    for (int i = 0; i < digits.length(); i++) {
      addDigit(forms, digits.substring(0, i), digits.charAt(i) + 1, '9');
    }
    if (inclusive) {
      forms.add(
          digits.isEmpty()
              ? anyFraction()
              : Languages.concat(Languages.text("." + digits), FRACTION_DIGITS));
    } else {
      Automaton zeros = Languages.repeat(Languages.text("0"), 0, MOST_DIGITS);
      Automaton more = CharacterSet.range('1', '9').toLanguage();
      forms.add(Languages.concat(Languages.text("." + digits), zeros, more, FRACTION_DIGITS));
    }
    return Languages.union(forms);
  }

  /** What may follow the whole part so that the fraction is at most (or less than) these digits. */
  private static Automaton fractionsTo(String digits, boolean inclusive) {
    List<Automaton> forms = new ArrayList<>();
    for (int i = 0; i < digits.length(); i++) {
      addDigit(forms, digits.substring(0, i), '0', digits.charAt(i) - 1);
      forms.add(Languages.text(i == 0 ? "" : "." + digits.substring(0, i)));
    }
    if (inclusive) {
      Automaton zeros =
          Languages.repeat(Languages.text("0"), digits.isEmpty() ? 1 : 0, MOST_DIGITS);
      forms.add(Languages.concat(Languages.text("." + digits), zeros));
      forms.add(digits.isEmpty() ? Automata.makeEmptyString() : Languages.empty());
    }
    return Languages.union(forms);
  }

  private static void addDigit(List<Automaton> forms, String before, int least, int most) {
    if (least <= most) {
      Automaton digit = CharacterSet.range(least, most).toLanguage();
      forms.add(Languages.concat(Languages.text("." + before), digit, FRACTION_DIGITS));
    }
  }

  /** The whole numbers from {@code low}, which is not negative, to {@code high}. */
  private static Automaton wholeNumbers(BigInteger low, Optional<BigInteger> high) {
    BigInteger limit = BigInteger.TEN.pow(MOST_DIGITS).subtract(BigInteger.ONE);
    BigInteger most = high.orElse(limit);
    if (low.compareTo(most) > 0) {
      return Languages.empty();
    }
    List<Automaton> lengths = new ArrayList<>();
    String first = low.toString();
    String last = most.toString();
    for (int length = first.length(); length <= last.length(); length++) {
      String least = length == first.length() ? first : "1" + "0".repeat(length - 1);
      String greatest = length == last.length() ? last : "9".repeat(length);
      lengths.add(sameLength(least, greatest));
    }
    return Languages.union(lengths);
  }

  /** The digits from {@code least} to {@code greatest}, which have as many. */
  private static Automaton sameLength(String least, String greatest) {
    Automaton.Builder builder = new Automaton.Builder();
    int start = builder.createState();
    // Where the digits so far are those of both ends, of one of them, or of neither.
    int both = start;
    int low = -1;
    int high = -1;
    int inside = -1;
    for (int i = 0; i < least.length(); i++) {
      int a = least.charAt(i);
      int b = greatest.charAt(i);
      int nextLow = builder.createState();
      int nextHigh = builder.createState();
      int nextInside = builder.createState();
      int nextBoth = -1;
      if (both >= 0 && a == b) {
        nextBoth = builder.createState();
        builder.addTransition(both, nextBoth, a);
      } else if (both >= 0) {
        builder.addTransition(both, nextLow, a);
        builder.addTransition(both, nextHigh, b);
        add(builder, both, nextInside, a + 1, b - 1);
      }
      if (low >= 0) {
        builder.addTransition(low, nextLow, a);
        add(builder, low, nextInside, a + 1, '9');
        builder.addTransition(high, nextHigh, b);
        add(builder, high, nextInside, '0', b - 1);
        add(builder, inside, nextInside, '0', '9');
      }
      both = nextBoth;
      low = nextLow;
      high = nextHigh;
      inside = nextInside;
    }
    for (int state : new int[] {both, low, high, inside}) {
      if (state >= 0) {
        builder.setAccept(state, true);
      }
    }
    return Languages.deterministic(builder.finish());
  }

  private static void add(Automaton.Builder builder, int from, int to, int least, int most) {
    if (least <= most) {
      builder.addTransition(from, to, least, most);
    }
  }
}
