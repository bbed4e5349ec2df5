package dev.millrace.engine.text;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands in {@code {% for names in items if condition %}}. */
record LoopHeader(List<String> names, String items, Optional<String> condition) {
  private static final Pattern NAMES =
      Pattern.compile("\\s*\\(?([\\w\\s,]+?)\\)?\\s+in\\s+(.*)", Pattern.DOTALL);

  /**
   * @throws ChatTemplateException if it is not a loop, or a recursive one
   */
  static LoopHeader parse(String header) {
    Matcher matcher = NAMES.matcher(header);
    if (!matcher.matches() || header.stripTrailing().endsWith(" recursive")) {
      throw new ChatTemplateException("for: \"" + header + "\" is not supported");
    }
    List<String> names = Arrays.stream(matcher.group(1).split(",")).map(String::strip).toList();
    String rest = matcher.group(2);
    int condition = condition(rest);
    return condition < 0
        ? new LoopHeader(names, rest, Optional.empty())
        : new LoopHeader(
            names,
            rest.substring(0, condition),
            Optional.of(rest.substring(condition + " if ".length())));
  }

  /** Where " if " stands outside of brackets and strings, or -1. */
  private static int condition(String text) {
    JinjaScanner scanner = new JinjaScanner(text, 0);
    while (!scanner.isAtEnd()) {
      if (scanner.isOutermost() && text.startsWith(" if ", scanner.position())) {
        return scanner.position();
      }
      scanner.advance();
    }
    return -1;
  }
}
