package dev.millrace.cli.console;

/** The beginning of a text, so that the console's memory stays bounded. */
final class Excerpt {
  private static final String MORE = " …";

  private Excerpt() {}

  /** At most this many UTF-16 units and a sign that there is more; never half a character. */
  static String of(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return text.substring(0, end) + MORE;
  }
}
