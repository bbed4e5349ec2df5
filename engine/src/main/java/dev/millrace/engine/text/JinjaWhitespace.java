package dev.millrace.engine.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Applies Jinja2's rules of whitespace to a template's source, so that the engine, which strips
 * more than Jinja2 does, has none left to apply. With trim_blocks the newline after a block or
 * comment goes, with lstrip_blocks the indentation of a block or comment that begins its line;
 * {@code -} strips all whitespace on its side and {@code +} keeps it. Comments go altogether.
 *
 * <p>Source of the rules: the lexer of Jinja2 3.1.
 */
final class JinjaWhitespace {
  private static final Pattern BEGIN = Pattern.compile("\\{[{%#]");
  private static final Pattern NEWLINE = Pattern.compile("\r\n|\r");
  private static final Pattern END_RAW =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\n?)");

  private final String source;
  private final StringBuilder out = new StringBuilder();
  private int position;

  /** Whether what was last consumed ended a line. */
  private boolean lineStarting = true;

  private JinjaWhitespace(String source) {
    this.source = source;
  }

  /**
   * The same template without whitespace control.
   *
   * @throws ChatTemplateException if a tag or comment is not closed
   */
  static String apply(String source) {
    String lines = NEWLINE.matcher(source).replaceAll("\n");
    String trimmed = lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
    return new JinjaWhitespace(trimmed).rewrite();
  }

  private String rewrite() {
    Matcher begin = BEGIN.matcher(source);
    while (begin.find(position)) {
      String text = source.substring(position, begin.start());
      char kind = source.charAt(begin.start() + 1);
      position = begin.end();
      out.append(before(text, sign(), kind != '{'));
      if (kind == '#') {
        skipComment();
      } else {
        copyTag(kind);
      }
    }
    return out.append(source, position, source.length()).toString();
  }

  /** Consumes the sign after a tag's opening. */
  private char sign() {
    char next = position < source.length() ? source.charAt(position) : ' ';
    if (next != '-' && next != '+') {
      return ' ';
    }
    position++;
    return next;
  }

  private String before(String text, char sign, boolean block) {
    if (sign == '-') {
      return PythonStrings.rstrip(text);
    }
    int line = text.lastIndexOf('\n') + 1;
    boolean indentation =
        (line > 0 || lineStarting) && PythonStrings.strip(text.substring(line)).isEmpty();
    return block && sign != '+' && indentation ? text.substring(0, line) : text;
  }

  private void skipComment() {
    int end = source.indexOf("#}", position);
    if (end < 0) {
      throw unclosed("comment");
    }
    char sign = source.charAt(end - 1);
    position = end + 2;
    after(sign, true);
  }

  private void copyTag(char kind) {
    String close = kind == '{' ? "}}" : "%}";
    JinjaScanner scanner = new JinjaScanner(source, position);
    while (!scanner.isAtEnd()
        && !(scanner.isOutermost() && source.startsWith(close, scanner.position()))) {
      scanner.advance();
    }
    if (scanner.isAtEnd()) {
      throw unclosed(kind == '{' ? "expression" : "block");
    }
    int end = scanner.position();
    char sign = source.charAt(end - 1);
    boolean signed = end > position && (sign == '-' || (sign == '+' && kind == '%'));
    String inside = source.substring(position, signed ? end - 1 : end).strip();
    position = end + 2;
    boolean raw = kind == '%' && inside.equals("raw");
    after(signed ? sign : ' ', kind == '%' && !raw);
    out.append('{').append(kind).append(' ').append(inside).append(' ').append(close);
    if (raw) {
      copyRaw();
    }
  }

  private void copyRaw() {
    Matcher end = END_RAW.matcher(source);
    if (!end.find(position)) {
      throw unclosed("raw block");
    }
    String sign = end.group(1);
    String text = source.substring(position, end.start());
    out.append(before(text, sign.isEmpty() ? ' ' : sign.charAt(0), true)).append("{% endraw %}");
    position = end.end();
    lineStarting = source.charAt(position - 1) == '\n';
  }

  /** Consumes the whitespace that goes with a tag's end. */
  private void after(char sign, boolean block) {
    if (sign == '-') {
      while (position < source.length() && PythonStrings.isSpace(source.charAt(position))) {
        position++;
      }
    } else if (block && sign != '+' && source.startsWith("\n", position)) {
      position++;
    }
    lineStarting = source.charAt(position - 1) == '\n';
  }

  private ChatTemplateException unclosed(String what) {
    long line = source.substring(0, position).lines().count();
    return new ChatTemplateException("line " + line + ": the " + what + " is not closed");
  }
}
