package dev.millrace.engine.text;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import java.beans.FeatureDescriptor;
import java.util.Collections;
import java.util.Iterator;
import java.util.Locale;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import jinjava.javax.el.MethodNotFoundException;

/**
 * Gives strings in templates Python's methods instead of Java's: {@code 'a b'.split()} must not be
 * Java's split, and a method that is not here must fail instead of reaching into the JVM.
 */
final class PythonResolver extends ELResolver {
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
    if (!(base instanceof String text)) {
      return null;
    }
    Object result = call(text, String.valueOf(method), arguments);
    context.setPropertyResolved(true);
    return result;
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
      case "startswith/1" -> text.startsWith(string(arguments[0]));
      case "endswith/1" -> text.endsWith(string(arguments[0]));
      case "find/1" -> text.indexOf(string(arguments[0]));
      case "upper/0" -> text.toUpperCase(Locale.ROOT);
      case "lower/0" -> text.toLowerCase(Locale.ROOT);
      case "title/0" -> PythonStrings.title(text);
      case "capitalize/0" -> PythonStrings.capitalize(text);
      default ->
          throw new MethodNotFoundException(
              "str.%s with %d arguments is not supported".formatted(method, arguments.length));
    };
  }

  private static String string(Object argument) {
    if (argument instanceof String text) {
      return text;
    }
    throw new ChatTemplateException("a string method got " + argument + " for a string");
  }

  @Override
  public Object getValue(ELContext context, Object base, Object property) {
    return null;
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
