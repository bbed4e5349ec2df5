package dev.millrace.engine.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.InterpreterFactory;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.tree.TagNode;
import dev.millrace.engine.text.TextFlow.Use;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes values into the text as Python's {@code str} does, and notices, where it is asked to,
 * whether the result depends on what the texts of messages say.
 */
final class PythonInterpreter extends JinjavaInterpreter {
  /** What may be printed or assigned. */
  private static final Set<Use> HANDED_ON = Set.of(Use.NONE, Use.TEXT, Use.MESSAGE, Use.LIST);

  private Optional<TextFlow> watched = Optional.empty();
  private boolean textRead;
  private boolean clockRead;

  PythonInterpreter(Jinjava application, Context context, JinjavaConfig config) {
    super(application, context, config);
  }

  private PythonInterpreter(JinjavaInterpreter parent) {
    super(parent);
  }

  static InterpreterFactory factory() {
    return new InterpreterFactory() {
      @Override
      public JinjavaInterpreter newInstance(JinjavaInterpreter parent) {
        return new PythonInterpreter(parent);
      }

      @Override
      public JinjavaInterpreter newInstance(
          Jinjava application, Context context, JinjavaConfig config) {
        return new PythonInterpreter(application, context, config);
      }
    };
  }

  /** From now on notices what reads a text. */
  void watch(TextFlow flow) {
    watched = Optional.of(flow);
  }

  /** Whether a watched rendering may be another one for other texts. */
  boolean hasReadText() {
    return textRead;
  }

  boolean hasReadClock() {
    return clockRead;
  }

  /** Notices that the result is of this second, or of a part of it. */
  void readsClock(String format) {
    clockRead = true;
    textRead |= format.contains("%f");
  }

  /** The value of an expression that decides what is rendered, and so must not be a text. */
  static Object decide(JinjavaInterpreter interpreter, String expression, TagNode tag) {
    if (interpreter instanceof PythonInterpreter python) {
      python.notice(expression, Set.of(Use.NONE));
    }
    return interpreter.resolveELExpression(expression, tag.getLineNumber(), tag.getStartPosition());
  }

  /** The value of an expression whose items are gone through one by one. */
  static Object walk(JinjavaInterpreter interpreter, String expression, TagNode tag) {
    if (interpreter instanceof PythonInterpreter python) {
      python.notice(expression, Set.of(Use.NONE, Use.LIST));
    }
    return interpreter.resolveELExpression(expression, tag.getLineNumber(), tag.getStartPosition());
  }

  @Override
  public Object resolveELExpression(String expression, int line) {
    notice(assigned(expression), HANDED_ON);
    return super.resolveELExpression(expression, line);
  }

  @Override
  public Object resolveELExpressionSilently(String expression) {
    notice(expression, HANDED_ON);
    return super.resolveELExpressionSilently(expression);
  }

  private void notice(String expression, Set<Use> harmless) {
    textRead |= watched.isPresent() && !harmless.contains(watched.get().of(expression));
  }

  /** The engine evaluates what is assigned as a list of one. */
  private static String assigned(String expression) {
    return expression.startsWith("[") && expression.endsWith("]")
        ? expression.substring(1, expression.length() - 1)
        : expression;
  }

  /** A string is written as it is; the engine would quote it as JSON and take that off again. */
  @Override
  public String getAsString(Object value) {
    if (value instanceof String text) {
      return text;
    }
    textRead |= value instanceof Collection || value instanceof Map; // with texts in it, perhaps
    return PythonText.isDifferent(value) ? PythonText.str(value) : super.getAsString(value);
  }
}
