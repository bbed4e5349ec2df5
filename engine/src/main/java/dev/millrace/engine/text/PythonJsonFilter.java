package dev.millrace.engine.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.core.util.Separators.Spacing;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.Map;
import java.util.Set;

/**
 * {@code value | tojson}, {@code value | tojson(indent=4)} as the transformers library defines it:
 * Python's json.dumps with ensure_ascii off, and no HTML escapes.
 */
final class PythonJsonFilter implements Filter {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public String getName() {
    return "tojson";
  }

  @Override
  public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
    return write(value, 0);
  }

  @Override
  public Object filter(
      Object value,
      JinjavaInterpreter interpreter,
      Object[] arguments,
      Map<String, Object> namedArguments) {
    if (!Set.of("indent", "ensure_ascii").containsAll(namedArguments.keySet())
        || PythonValues.isTrue(namedArguments.get("ensure_ascii"))) {
      throw new ChatTemplateException("tojson: " + namedArguments + " is not supported");
    }
    Object indent = namedArguments.get("indent");
    return write(value, indent instanceof Number number ? number.intValue() : 0);
  }

  private static String write(Object value, int indent) {
    try {
      return JSON.writer(new PythonPrinter(indent)).writeValueAsString(value);
    } catch (JsonProcessingException notJson) {
      throw new ChatTemplateException("tojson: " + notJson.getMessage(), notJson);
    }
  }

  /** Separators of json.dumps: ", " and ": " on one line, "," at the end of indented lines. */
  private static final class PythonPrinter extends DefaultPrettyPrinter {
    private static final long serialVersionUID = 1L;

    private final int indent;

    PythonPrinter(int indent) {
      super(
          Separators.createDefaultInstance()
              .withObjectFieldValueSpacing(Spacing.AFTER)
              .withObjectEntrySpacing(indent > 0 ? Spacing.NONE : Spacing.AFTER)
              .withArrayValueSpacing(indent > 0 ? Spacing.NONE : Spacing.AFTER)
              .withObjectEmptySeparator("")
              .withArrayEmptySeparator(""));
      this.indent = indent;
      Indenter indenter =
          indent > 0 ? new DefaultIndenter(" ".repeat(indent), "\n") : NopIndenter.instance;
      indentArraysWith(indenter);
      indentObjectsWith(indenter);
    }

    @Override
    public DefaultPrettyPrinter createInstance() {
      return new PythonPrinter(indent);
    }
  }
}
