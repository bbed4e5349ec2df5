package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.List;
import java.util.Map;

/** {@code map | items}, the entries of a map. */
final class PythonItemsFilter implements Filter {
  @Override
  public String getName() {
    return "items";
  }

  @Override
  public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
    if (value instanceof Map<?, ?> map) {
      return List.copyOf(map.entrySet());
    }
    throw new ChatTemplateException("items: not a mapping");
  }
}
