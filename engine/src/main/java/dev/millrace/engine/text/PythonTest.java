package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import java.util.Collection;
import java.util.Map;
import java.util.function.Predicate;

/** A test of a value, {@code value is name}, where Python's answer is not the Java engine's. */
record PythonTest(String name, Predicate<Object> test) implements ExpTest {

  /** {@code none} is not what is undefined; strings and maps are iterable, strings sequences. */
  static java.util.List<PythonTest> all() {
    return java.util.List.of(
        new PythonTest("none", value -> value == PythonNone.NONE),
        new PythonTest(
            "iterable",
            value -> value instanceof Iterable || value instanceof String || value instanceof Map),
        new PythonTest(
            "sequence",
            value ->
                value instanceof Collection || value instanceof String || value instanceof Map));
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public boolean evaluate(Object value, JinjavaInterpreter interpreter, Object... arguments) {
    return test.test(value);
  }
}
