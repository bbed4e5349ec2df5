package dev.millrace.engine.text;

import com.hubspot.jinjava.util.ObjectTruthValue;
import java.util.Objects;

/** What Python says of values where the Java engine converts between types instead. */
final class PythonValues {
  private PythonValues() {}

  /** Any string but the empty one is true, also {@code "false"}. */
  static boolean isTrue(Object value) {
    return value instanceof CharSequence text
        ? text.length() > 0
        : ObjectTruthValue.evaluate(value);
  }

  /** Values of different types are not equal, except numbers, of which booleans are some. */
  static boolean equal(Object left, Object right) {
    if (isNumber(left) && isNumber(right)) {
      return Double.compare(number(left), number(right)) == 0;
    }
    return Objects.equals(left, right);
  }

  private static boolean isNumber(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  private static double number(Object value) {
    return value instanceof Boolean truth ? (truth ? 1 : 0) : ((Number) value).doubleValue();
  }
}
