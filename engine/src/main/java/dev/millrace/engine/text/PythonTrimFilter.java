package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.Objects;

/** {@code value | trim}, which strips what Python calls whitespace. */
final class PythonTrimFilter implements Filter {
  @Override
  public String getName() {
    return "trim";
  }

  @Override
  public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
    String text = Objects.toString(value, "");
    return arguments.length > 0
        ? PythonStrings.strip(text, arguments[0])
        : PythonStrings.strip(text);
  }
}
