package dev.millrace.job.guard;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.commons.validator.routines.CreditCardValidator;
import org.apache.commons.validator.routines.EmailValidator;
import org.apache.commons.validator.routines.IBANValidator;
import org.apache.commons.validator.routines.InetAddressValidator;

/**
 * Personal data that has a form of its own: a pattern finds what may be it, and where there is a
 * checksum or a rule beyond the pattern, that decides.
 */
enum Shape implements Finder {
  EMAIL(
      "A-Za-z0-9.!#$%&'*+/=?^_`{|}~@-",
      "@",
      1,
      "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+",
      EmailValidator.getInstance()::isValid),

  /** With a country's prefix, an area's 0 or brackets, or in the groups of North America. */
  PHONE(
      "0-9 ()/.+-",
      "0-9",
      8,
      "(?:\\+|\\b00|\\b0|\\(\\+?[0-9])[0-9 ()/.-]{6,22}[0-9]\\b"
          + "|\\b[2-9][0-9]{2}[-. ][2-9][0-9]{2}[-. ][0-9]{4}\\b",
      Shape::isPhone),

  /** The checksum holds, and the length is the country's. */
  IBAN(
      "A-Z0-9 ",
      "0-9",
      6,
      PatternFinder.of("\\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,32}", Shape::ibanLength)),

  /** A number of one of the usual brands whose check digit holds. */
  CREDIT_CARD("0-9 -", "0-9", 13, "\\b[0-9](?:[ -]?[0-9]){12,18}\\b", Shape::isCreditCard),

  IP_ADDRESS(
      "0-9A-Fa-f.:",
      ".:",
      2,
      "\\b[0-9]{1,3}(?:\\.[0-9]{1,3}){3}\\b|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}",
      InetAddressValidator.getInstance()::isValid),

  /** A social security number of the United States, with its hyphens. */
  US_SSN("0-9-", "0-9", 9, "\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b", Shape::isSocialSecurityNumber);

  private static final CreditCardValidator CARDS =
      new CreditCardValidator(
          CreditCardValidator.AMEX
              + CreditCardValidator.DINERS
              + CreditCardValidator.DISCOVER
              + CreditCardValidator.MASTERCARD
              + CreditCardValidator.VISA);

  @SuppressWarnings("ImmutableEnumChecker") // no finder has a state
  private final Finder finder;

  Shape(String allowed, String needed, int least, String pattern, Predicate<String> valid) {
    this(
        allowed,
        needed,
        least,
        PatternFinder.of(pattern, text -> valid.test(text) ? text.length() : 0));
  }

  Shape(String allowed, String needed, int least, Finder finder) {
    this.finder = new StretchFinder(allowed, needed, least, finder);
  }

  @Override
  public List<Span> find(String text) {
    return finder.find(text);
  }

  /** As guard files write it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Map<String, Shape> byWord() {
    Map<String, Shape> shapes = new TreeMap<>();
    for (Shape shape : values()) {
      shapes.put(shape.word(), shape);
    }
    return shapes;
  }

  private static boolean isPhone(String text) {
    int digits = digits(text).length();
    return digits >= 8 && digits <= 15;
  }

  private static boolean isCreditCard(String text) {
    return CARDS.isValid(digits(text));
  }

  private static boolean isSocialSecurityNumber(String text) {
    return !text.startsWith("000")
        && !text.startsWith("666")
        && !text.startsWith("9")
        && !text.startsWith("00", 4)
        && !text.endsWith("0000");
  }

  /** What follows an IBAN may look like more of it: its country says where it ends. */
  private static int ibanLength(String text) {
    IBANValidator.Validator country = IBANValidator.getInstance().getValidator(text);
    if (country == null) {
      return 0;
    }
    StringBuilder iban = new StringBuilder();
    int end = 0;
    while (end < text.length() && iban.length() < country.getIbanLength()) {
      if (text.charAt(end) != ' ') {
        iban.append(text.charAt(end));
      }
      end++;
    }
    return IBANValidator.getInstance().isValid(iban.toString()) ? end : 0;
  }

  private static String digits(String text) {
    return text.replaceAll("[^0-9]", "");
  }
}
