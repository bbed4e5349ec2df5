package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import java.util.Map;

/** {@code value is iterable}, which in Python strings and maps are too. */
final class PythonIterableTest implements ExpTest {
  @Override
  public String getName() {
    return "iterable";
  }

  @Override
  public boolean evaluate(Object value, JinjavaInterpreter interpreter, Object... arguments) {
    return value instanceof Iterable || value instanceof String || value instanceof Map;
  }
}
