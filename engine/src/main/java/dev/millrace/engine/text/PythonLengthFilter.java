package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.lib.filter.LengthFilter;

/** {@code value | length}, which counts characters and not Java's halves of them. */
record PythonLengthFilter(String name) implements Filter {
  @Override
  public String getName() {
    return name;
  }

  @Override
  public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
    return value instanceof String text
        ? (Object) length(text, interpreter.getContext().get(TypedTokens.MARK))
        : new LengthFilter().filter(value, interpreter, arguments);
  }

  /** What marks special tokens in the messages was not there when they were written. */
  private static int length(String text, Object mark) {
    long marks = mark instanceof Character c ? text.chars().filter(unit -> unit == c).count() : 0;
    return text.codePointCount(0, text.length()) - (int) marks;
  }
}
