package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Filters of Jinja2 that the Java engine lacks or has otherwise.
 *
 * @param parameters their names, in order; what is not among them is refused
 */
record PythonFilter(String name, List<String> parameters, Operation operation) implements Filter {

  /** What a filter does with a value and its arguments by name. */
  interface Operation {
    Object apply(Object value, Map<String, Object> arguments, JinjavaInterpreter interpreter);
  }

  static List<PythonFilter> all() {
    return List.of(
        new PythonFilter(
            "sort", List.of("reverse", "case_sensitive", "attribute"), PythonFilter::sort),
        new PythonFilter("reverse", List.of(), (value, none, interpreter) -> reversed(value)),
        new PythonFilter("indent", List.of("width", "first", "blank"), PythonFilter::indent),
        new PythonFilter(
            "max", List.of(), (value, none, i) -> Collections.max(list(value), order(false))),
        new PythonFilter(
            "min", List.of(), (value, none, i) -> Collections.min(list(value), order(false))));
  }

  @Override
  public String getName() {
    return name;
  }

  @Override
  public Object filter(Object value, JinjavaInterpreter interpreter, String... arguments) {
    return filter(value, interpreter, (Object[]) arguments, Map.of());
  }

  @Override
  public Object filter(
      Object value, JinjavaInterpreter interpreter, Object[] given, Map<String, Object> named) {
    Map<String, Object> arguments = new java.util.HashMap<>(named);
    if (given.length > parameters.size() || !Set.copyOf(parameters).containsAll(named.keySet())) {
      throw new ChatTemplateException(
          "%s: arguments %s %s are not supported".formatted(name, Arrays.toString(given), named));
    }
    for (int i = 0; i < given.length; i++) {
      arguments.put(parameters.get(i), given[i]);
    }
    return operation.apply(value, arguments, interpreter);
  }

  /** The value backwards: a text's characters, or a list's items. */
  static Object reversed(Object value) {
    if (value instanceof String text) {
      return new StringBuilder(text).reverse().toString();
    }
    List<Object> items = list(value);
    Collections.reverse(items);
    return items;
  }

  static Object sort(Object value, Map<String, Object> arguments, JinjavaInterpreter interpreter) {
    Object attribute = arguments.get("attribute");
    Comparator<Object> order = order(PythonValues.isTrue(arguments.get("case_sensitive")));
    Comparator<Object> byAttribute =
        attribute == null
            ? order
            : Comparator.comparing(
                item -> interpreter.resolveProperty(item, attribute.toString()), order);
    List<Object> sorted = list(value);
    sorted.sort(
        PythonValues.isTrue(arguments.get("reverse")) ? byAttribute.reversed() : byAttribute);
    return sorted;
  }

  static Object indent(
      Object value, Map<String, Object> arguments, JinjavaInterpreter interpreter) {
    Object width = arguments.getOrDefault("width", 4);
    String margin =
        width instanceof Number number ? " ".repeat(number.intValue()) : width.toString();
    boolean blank = PythonValues.isTrue(arguments.get("blank"));
    String[] lines = PythonText.str(value).split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      boolean wanted =
          i > 0 ? blank || !lines[i].isEmpty() : PythonValues.isTrue(arguments.get("first"));
      lines[i] = wanted ? margin + lines[i] : lines[i];
    }
    return String.join("\n", lines);
  }

  /** Numbers by value, texts by character; they cannot be compared with each other. */
  private static Comparator<Object> order(boolean caseSensitive) {
    return (left, right) -> {
      if (left instanceof Number a && right instanceof Number b) {
        return Double.compare(a.doubleValue(), b.doubleValue());
      }
      if (left instanceof String a && right instanceof String b) {
        return caseSensitive
            ? a.compareTo(b)
            : a.toLowerCase(Locale.ROOT).compareTo(b.toLowerCase(Locale.ROOT));
      }
      throw new ChatTemplateException("cannot compare %s with %s".formatted(left, right));
    };
  }

  private static List<Object> list(Object value) {
    if (value instanceof Collection<?> items) {
      return new ArrayList<>(items);
    }
    throw new ChatTemplateException(PythonText.repr(value) + " is no list");
  }
}
