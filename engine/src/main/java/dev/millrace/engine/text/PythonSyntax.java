package dev.millrace.engine.text;

import com.hubspot.jinjava.el.ExtendedSyntaxBuilder;
import com.hubspot.jinjava.el.TruthyTypeConverter;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import java.util.Set;
import jinjava.de.odysseus.el.ExpressionFactoryImpl;
import jinjava.de.odysseus.el.tree.TreeStore;
import jinjava.de.odysseus.el.tree.impl.Builder;
import jinjava.de.odysseus.el.tree.impl.Cache;
import jinjava.de.odysseus.el.tree.impl.Parser;
import jinjava.de.odysseus.el.tree.impl.Scanner.ScanException;
import jinjava.de.odysseus.el.tree.impl.Scanner.Symbol;
import jinjava.de.odysseus.el.tree.impl.ast.AstBinary;
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
          "int",
          "items",
          "join",
          "last",
          "length",
          "list",
          "lower",
          "map",
          "reject",
          "rejectattr",
          "replace",
          "safe",
          "select",
          "selectattr",
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
  }

  @Override
  protected Parser createParser(String expression) {
    return new PythonParser(this, expression);
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

    /** Filters and tests are identifiers with a prefix here, and would be null if unknown. */
    @Override
    protected AstIdentifier createAstIdentifier(String name, int index) {
      Context context = JinjavaInterpreter.getCurrent().getContext();
      if (name.startsWith(FILTER_PREFIX)
          && !FILTERS.contains(name.substring(FILTER_PREFIX.length()))) {
        throw new ELException("unsupported " + name);
      }
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
