package dev.millrace.engine.text;

import com.hubspot.jinjava.el.ExtendedSyntaxBuilder;
import com.hubspot.jinjava.el.TruthyTypeConverter;
import com.hubspot.jinjava.el.ext.AstFilterChain;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import com.hubspot.jinjava.el.ext.FilterSpec;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import java.util.List;
import java.util.Set;
import jinjava.de.odysseus.el.ExpressionFactoryImpl;
import jinjava.de.odysseus.el.tree.TreeStore;
import jinjava.de.odysseus.el.tree.impl.Builder;
import jinjava.de.odysseus.el.tree.impl.Cache;
import jinjava.de.odysseus.el.tree.impl.Parser;
import jinjava.de.odysseus.el.tree.impl.Scanner.ScanException;
import jinjava.de.odysseus.el.tree.impl.Scanner.Symbol;
import jinjava.de.odysseus.el.tree.impl.ast.AstBinary;
import jinjava.de.odysseus.el.tree.impl.ast.AstBracket;
import jinjava.de.odysseus.el.tree.impl.ast.AstDot;
import jinjava.de.odysseus.el.tree.impl.ast.AstIdentifier;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;
import jinjava.de.odysseus.el.tree.impl.ast.AstUnary;
import jinjava.javax.el.ELException;
import jinjava.javax.el.ExpressionFactory;

/**
 * Expressions as Jinja2 reads them where the Java engine does not: {@code not} binds looser than
 * comparisons, tests and filters, {@code +} refuses to join a string with anything else, and a
 * filter that is unknown, or means something else in Jinja2, is an error.
 */
final class PythonSyntax extends ExtendedSyntaxBuilder {
  private static final long serialVersionUID = 1L;
  private static final String BACKWARDS = "[::-1]";
  private static final int CACHED_EXPRESSIONS = 1_000;

  /** Those that are known to agree with Jinja2's. */
  private static final Set<String> FILTERS =
      Set.of(
          "abs",
          "capitalize",
          "count",
          "d",
          "default",
          "dictsort",
          "first",
          "float",
          "format",
          "indent",
          "int",
          "items",
          "join",
          "last",
          "length",
          "list",
          "lower",
          "map",
          "max",
          "min",
          "reject",
          "rejectattr",
          "replace",
          "reverse",
          "safe",
          "select",
          "selectattr",
          "sort",
          "string",
          "sum",
          "title",
          "tojson",
          "trim",
          "unique",
          "upper");

  private PythonSyntax() {
    super(Feature.METHOD_INVOCATIONS, Feature.VARARGS);
  }

  static ExpressionFactory expressions() {
    TreeStore trees = new TreeStore(new PythonSyntax(), new Cache(CACHED_EXPRESSIONS));
    return new ExpressionFactoryImpl(trees, new PythonTruth());
  }

  /** Conditions within expressions. */
  private static final class PythonTruth extends TruthyTypeConverter {
    private static final long serialVersionUID = 1L;

    @Override
    protected Boolean coerceToBoolean(Object value) {
      return PythonValues.isTrue(value);
    }

    @Override
    protected String coerceToString(Object value) {
      return PythonText.isDifferent(value) ? PythonText.str(value) : super.coerceToString(value);
    }
  }

  @Override
  protected Parser createParser(String expression) {
    return new PythonParser(this, reversals(expression));
  }

  /** {@code [::-1]} outside of texts as a method, for the grammar has no steps. */
  private static String reversals(String expression) {
    if (!expression.contains(BACKWARDS)) {
      return expression;
    }
    StringBuilder written = new StringBuilder();
    JinjaScanner scanner = new JinjaScanner(expression, 0);
    int copied = 0;
    while (!scanner.isAtEnd()) {
      int position = scanner.position();
      if (expression.startsWith(BACKWARDS, position)) {
        written.append(expression, copied, position).append('.' + PythonResolver.REVERSED + "()");
        copied = position + BACKWARDS.length();
      }
      scanner.advance();
    }
    return written.append(expression, copied, expression.length()).toString();
  }

  private static final class PythonParser extends ExtendedParser {
    PythonParser(Builder context, String expression) {
      super(context, expression);
    }

    @Override
    protected AstNode and(boolean required) throws ScanException, ParseException {
      AstNode left = not(required);
      while (left != null && getToken().getSymbol() == Symbol.AND) {
        consumeToken();
        left = createAstBinary(left, not(true), AstBinary.AND);
      }
      return left;
    }

    private AstNode not(boolean required) throws ScanException, ParseException {
      if (getToken().getSymbol() == Symbol.NOT) {
        consumeToken();
        return createAstUnary(not(true), AstUnary.NOT);
      }
      return eq(required);
    }

    /** None is a value of its own; what is null is undefined. */
    @Override
    protected AstNode literal() throws ScanException, ParseException {
      if (getToken().getSymbol() == Symbol.NULL) {
        consumeToken();
        return identifier("none");
      }
      return super.literal();
    }

    @Override
    protected AstDot createAstDot(AstNode base, String property, boolean lvalue) {
      return super.createAstDot(new DefinedNode(base), property, lvalue);
    }

    @Override
    protected AstBracket createAstBracket(
        AstNode base, AstNode property, boolean lvalue, boolean strict) {
      return super.createAstBracket(new DefinedNode(base), property, lvalue, strict);
    }

    /** An unknown filter would make its value undefined. */
    @Override
    protected AstFilterChain createAstFilterChain(AstNode input, List<FilterSpec> filters) {
      for (FilterSpec filter : filters) {
        if (!FILTERS.contains(filter.getName())) {
          throw new ELException("unsupported " + FILTER_PREFIX + filter.getName());
        }
      }
      return super.createAstFilterChain(input, filters);
    }

    /** Tests are identifiers with a prefix here, and would be null if unknown. */
    @Override
    protected AstIdentifier createAstIdentifier(String name, int index) {
      Context context = JinjavaInterpreter.getCurrent().getContext();
      if (name.startsWith(EXPTEST_PREFIX)
          && context.getExpTest(name.substring(EXPTEST_PREFIX.length())) == null) {
        throw new ELException("unsupported " + name);
      }
      return super.createAstIdentifier(name, index);
    }

    @Override
    protected AstBinary createAstBinary(AstNode left, AstNode right, AstBinary.Operator operator) {
      return super.createAstBinary(left, right, PythonOperators.of(operator));
    }
  }
}
