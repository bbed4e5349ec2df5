package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.MapFilter;
import java.util.Map;

/** {@code items | map(attribute='x')}, of which the engine underneath has no default. */
final class PythonMapFilter extends MapFilter {
  @Override
  public Object filter(
      Object value, JinjavaInterpreter interpreter, Object[] arguments, Map<String, Object> named) {
    if (named.containsKey("default")) {
      throw new ChatTemplateException("map: a default is not supported");
    }
    return super.filter(value, interpreter, arguments, named);
  }
}
