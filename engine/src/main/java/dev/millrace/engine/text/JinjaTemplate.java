package dev.millrace.engine.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.tree.Node;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import jinjava.javax.el.ExpressionFactory;

/**
 * A Jinja template with the meaning Python's Jinja2 gives it in the transformers library: blocks
 * trimmed, left-stripped, Python's string methods, {@code tojson}, {@code raise_exception}, {@code
 * strftime_now}. Values are never themselves rendered as templates. Safe for all threads.
 *
 * <p>The engine underneath reads a number of things otherwise than Jinja2 and carries on after
 * errors; the Python... and Jinja... classes of this package set that right, and what is not known
 * to agree is refused. {@code language.json} of the tests has what is known.
 */
final class JinjaTemplate {
  private static final LegacyOverrides AS_JINJA2 =
      LegacyOverrides.newBuilder()
          .withEvaluateMapKeys(true)
          .withIterateOverMapKeys(true)
          .withUsePyishObjectMapper(true)
          .withUseNaturalOperatorPrecedence(true)
          .withParseWhitespaceControlStrictly(true)
          .withAllowAdjacentTextNodes(true)
          .withUseTrimmingForNotesAndExpressions(true)
          .withKeepNullableLoopValues(true)
          .withHandleBackslashInQuotesOnly(true)
          .build();

  private final Jinjava jinjava;
  private final JinjavaConfig config;
  private final Node root;
  private final Optional<TextFlow> flow;

  /**
   * What all renderings of a thread begin with. Copying the engine's libraries for each takes far
   * longer than rendering, and one copy for all threads would not be safe: a context notes in its
   * parent which names it has resolved.
   */
  private final ThreadLocal<Context> global;

  private JinjaTemplate(String source, Clock clock) {
    config =
        JinjavaConfig.newBuilder()
            .withNestedInterpretationEnabled(false)
            .withKeepTrailingNewline(true) // of the output; JinjaWhitespace drops the source's
            .withLegacyOverrides(AS_JINJA2)
            .withElResolver(PythonResolver.create())
            .withInterperterFactory(PythonInterpreter.factory())
            .withEnableFilterChainOptimization(true)
            .withDateTimeProvider(clock::millis)
            .withTimeZone(ZoneOffset.UTC)
            .build();
    ExpressionFactory expressions = PythonSyntax.expressions();
    jinjava =
        new Jinjava(config) {
          @Override
          public ExpressionFactory getExpressionFactory() {
            return expressions;
          }
        };
    Context libraries = jinjava.getGlobalContext();
    libraries.registerFilter(new PythonTrimFilter());
    libraries.registerFilter(new PythonJsonFilter());
    libraries.registerFilter(new PythonItemsFilter());
    libraries.registerFilter(new PythonMapFilter());
    libraries.registerFilter(new PythonLengthFilter("length"));
    libraries.registerFilter(new PythonLengthFilter("count"));
    PythonTest.all().forEach(libraries::registerExpTest);
    PythonFilter.all().forEach(libraries::registerFilter);
    libraries.registerTag(new PythonForTag());
    libraries.registerTag(new PythonIfTag());
    libraries.registerTag(new PythonWithTag());
    libraries.registerTag(new PythonFilterTag());
    libraries.registerTag(new GenerationTag());
    libraries.registerFunction(
        new ELFunctionDefinition(
            "", "raise_exception", JinjaFunctions.class, "raiseException", Object.class));
    libraries.registerFunction(
        new ELFunctionDefinition(
            "", "strftime_now", JinjaFunctions.class, "strftimeNow", String.class));
    // Templates ask whether the functions are defined, which looks among the variables.
    libraries.put("none", PythonNone.NONE);
    libraries.put("None", PythonNone.NONE);
    libraries.put("strftime_now", true);
    libraries.put("raise_exception", true);
    this.global = ThreadLocal.withInitial(jinjava::getGlobalContextCopy);
    JinjavaInterpreter parser = newInterpreter(Map.of());
    root = parser.parse(JinjaWhitespace.apply(source));
    failOn(parser.getErrorsCopy());
    flow = TextFlow.of(root);
  }

  /**
   * @throws ChatTemplateException if the template is malformed
   */
  static JinjaTemplate compile(String source, Clock clock) {
    try {
      return new JinjaTemplate(source, clock);
    } catch (RuntimeException malformed) {
      throw failure(malformed);
    }
  }

  /**
   * @throws ChatTemplateException if anything at all goes wrong, with the template's own message
   */
  String render(Map<String, Object> variables) {
    return render(variables, missing -> null);
  }

  /**
   * @param missing asked for the value of each variable that is not there
   * @throws ChatTemplateException if anything at all goes wrong, with the template's own message
   */
  String render(Map<String, Object> variables, Function<String, Object> missing) {
    return render(newInterpreter(variables), missing);
  }

  /**
   * What is rendered whatever the texts of {@code messages} say.
   *
   * @param ofThisMoment whether it depends on the time
   */
  record Trace(String text, boolean ofThisMoment) {}

  /**
   * Renders conversations whose texts the template only hands on; empty if it reads them, or if
   * that cannot be told.
   *
   * @throws ChatTemplateException as {@link #render(Map)} does
   */
  Optional<Trace> trace(Map<String, Object> variables) {
    if (flow.isEmpty()) {
      return Optional.empty();
    }
    PythonInterpreter interpreter = newInterpreter(variables);
    interpreter.watch(flow.get());
    String text = render(interpreter, missing -> null);
    return interpreter.hasReadText()
        ? Optional.empty()
        : Optional.of(new Trace(text, interpreter.hasReadClock()));
  }

  private String render(JinjavaInterpreter interpreter, Function<String, Object> missing) {
    interpreter
        .getContext()
        .setDynamicVariableResolver(name -> missing.apply(String.valueOf(name)));
    try {
      String text = interpreter.render(root);
      failOn(interpreter.getErrorsCopy());
      return text;
    } catch (RuntimeException failed) {
      throw failure(failed);
    } catch (StackOverflowError deep) {
      throw new ChatTemplateException("the template is nested too deeply", deep);
    }
  }

  private PythonInterpreter newInterpreter(Map<String, Object> variables) {
    return new PythonInterpreter(jinjava, new Context(global.get(), variables, Map.of()), config);
  }

  /** The engine collects errors and renders on; here the first one counts. */
  private static void failOn(List<TemplateError> errors) {
    if (errors.isEmpty()) {
      return;
    }
    TemplateError first = errors.get(0);
    if (first.getException() != null) {
      raised(first.getException());
    }
    throw new ChatTemplateException("line " + first.getLineno() + ": " + first.getMessage());
  }

  private static ChatTemplateException failure(RuntimeException failed) {
    raised(failed);
    return new ChatTemplateException(String.valueOf(failed.getMessage()), failed);
  }

  /** Throws what raise_exception threw, if it lies beneath. */
  private static void raised(Throwable failed) {
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof ChatTemplateException exception) {
        throw exception;
      }
    }
  }
}
