package dev.millrace.engine.text;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import java.beans.FeatureDescriptor;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import jinjava.javax.el.MethodNotFoundException;

/**
 * Gives strings in templates Python's methods instead of Java's: {@code 'a b'.split()} must not be
 * Java's split, and a method that is not here must fail instead of reaching into the JVM.
 */
final class PythonResolver extends ELResolver {
  /** What {@code value[::-1]} is written as before it is parsed. */
  static final String REVERSED = "reversed_";

  private static final Set<String> CHANGES =
      Set.of("append", "extend", "insert", "pop", "remove", "clear", "add", "addAll", "set");

  private static final Pattern INDEX = Pattern.compile("-?\\d{1,9}");

  private static final Map<Object, Integer> NEIGHBOURS = Map.of("previtem", -1, "nextitem", 1);

  private PythonResolver() {}

  static ELResolver create() {
    CompositeELResolver resolver = new CompositeELResolver();
    resolver.add(new PythonResolver());
    resolver.add(JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY);
    return resolver;
  }

  @Override
  public Object invoke(
      ELContext context, Object base, Object method, Class<?>[] types, Object[] arguments) {
    Optional<Object> result = call(base, String.valueOf(method), arguments);
    if (result.isPresent()) {
      context.setPropertyResolved(true);
    }
    return result.orElse(null);
  }

  /** Empty for what Java's own method serves. */
  private static Optional<Object> call(Object base, String method, Object[] arguments) {
    if (method.equals(REVERSED)) {
      return Optional.of(PythonFilter.reversed(base));
    }
    if (base instanceof String text) {
      return Optional.of(call(text, method, arguments));
    }
    if (base instanceof Collection && CHANGES.contains(method)) {
      throw new MethodNotFoundException("list.%s is unsafe: values never change".formatted(method));
    }
    if (base instanceof Map<?, ?> map && method.equals("get") && arguments.length == 1) {
      Object value = map.get(arguments[0]);
      return Optional.of(value == null ? PythonNone.NONE : value);
    }
    return Optional.empty();
  }

  private static Object call(String text, String method, Object[] arguments) {
    String signature = method + "/" + arguments.length;
    return switch (signature) {
      case "strip/0" -> PythonStrings.strip(text);
      case "strip/1" -> PythonStrings.strip(text, string(arguments[0]));
      case "lstrip/0" -> PythonStrings.lstrip(text);
      case "lstrip/1" -> PythonStrings.lstrip(text, string(arguments[0]));
      case "rstrip/0" -> PythonStrings.rstrip(text);
      case "rstrip/1" -> PythonStrings.rstrip(text, string(arguments[0]));
      case "split/0" -> PythonStrings.split(text);
      case "split/1" -> PythonStrings.split(text, string(arguments[0]), -1);
      case "split/2" ->
          PythonStrings.split(text, string(arguments[0]), ((Number) arguments[1]).longValue());
      case "splitlines/0" -> PythonStrings.splitlines(text);
      case "replace/2" -> text.replace(string(arguments[0]), string(arguments[1]));
      case "startswith/1" -> strings(arguments[0]).stream().anyMatch(text::startsWith);
      case "endswith/1" -> strings(arguments[0]).stream().anyMatch(text::endsWith);
      case "find/1" -> text.indexOf(string(arguments[0]));
      case "rfind/1" -> text.lastIndexOf(string(arguments[0]));
      case "count/1" -> PythonStrings.split(text, string(arguments[0]), -1).size() - 1;
      case "join/1" -> String.join(text, strings(arguments[0]));
      case "removeprefix/1" -> PythonStrings.removePrefix(text, string(arguments[0]));
      case "removesuffix/1" -> PythonStrings.removeSuffix(text, string(arguments[0]));
      case "isdigit/0" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
      case "upper/0" -> text.toUpperCase(Locale.ROOT);
      case "lower/0" -> text.toLowerCase(Locale.ROOT);
      case "title/0" -> PythonStrings.title(text);
      case "capitalize/0" -> PythonStrings.capitalize(text);
      default ->
          throw new MethodNotFoundException(
              "str.%s with %d arguments is not supported".formatted(method, arguments.length));
    };
  }

  private static List<String> strings(Object argument) {
    return argument instanceof Collection<?> items
        ? items.stream().map(PythonResolver::string).toList()
        : List.of(string(argument));
  }

  private static String string(Object argument) {
    if (argument instanceof String text) {
      return text;
    }
    throw new ChatTemplateException("a string method got " + argument + " for a string");
  }

  @Override
  public Object getValue(ELContext context, Object base, Object property) {
    if (base instanceof PythonLoop loop && NEIGHBOURS.containsKey(property)) {
      context.setPropertyResolved(true);
      return loop.neighbour(NEIGHBOURS.get(property));
    }
    if (base instanceof String text) {
      context.setPropertyResolved(true);
      return INDEX.matcher(property.toString()).matches()
          ? character(text, Integer.parseInt(property.toString()))
          : null;
    }
    if (base == PythonNone.NONE) {
      context.setPropertyResolved(true);
    }
    return null;
  }

  /** Null, undefined, beyond the text's ends. */
  private static String character(String text, int index) {
    int length = text.codePointCount(0, text.length());
    int position = index < 0 ? index + length : index;
    return position < 0 || position >= length
        ? null
        : Character.toString(text.codePointAt(text.offsetByCodePoints(0, position)));
  }

  @Override
  public Class<?> getType(ELContext context, Object base, Object property) {
    return null;
  }

  @Override
  public void setValue(ELContext context, Object base, Object property, Object value) {}

  @Override
  public boolean isReadOnly(ELContext context, Object base, Object property) {
    return true;
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(ELContext context, Object base) {
    return Collections.emptyIterator();
  }

  @Override
  public Class<?> getCommonPropertyType(ELContext context, Object base) {
    return String.class;
  }
}
