package dev.millrace.engine.text;

import com.hubspot.jinjava.el.ext.AdditionOperator;
import com.hubspot.jinjava.el.ext.OrOperator;
import jinjava.de.odysseus.el.misc.NumberOperations;
import jinjava.de.odysseus.el.misc.TypeConverter;
import jinjava.de.odysseus.el.tree.Bindings;
import jinjava.de.odysseus.el.tree.impl.ast.AstBinary;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELException;

/** Operators that mean something else in Python than in the Java engine. */
final class PythonOperators {
  private static final AstBinary.Operator EQUAL =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          return PythonValues.equal(left, right);
        }
      };

  private static final AstBinary.Operator NOT_EQUAL =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          return !PythonValues.equal(left, right);
        }
      };

  /** The left value if it decides, else the right one. */
  private record Logical(boolean decidedBy) implements AstBinary.Operator {
    @Override
    public Object eval(Bindings bindings, ELContext context, AstNode left, AstNode right) {
      Object value = left.eval(bindings, context);
      return PythonValues.isTrue(value) == decidedBy ? value : right.eval(bindings, context);
    }
  }

  private static final AstBinary.Operator ADD =
      new AdditionOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          if (left instanceof String != right instanceof String) {
            throw new ELException("cannot add %s to %s".formatted(type(right), type(left)));
          }
          return super.apply(converter, left, right);
        }
      };

  /** A text times a number repeats it. */
  private static final AstBinary.Operator MULTIPLY =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          if (left instanceof String text && isWhole(right)) {
            long times = ((Number) right).longValue();
            return text.repeat((int) Math.max(0, Math.min(times, MOST_REPETITIONS)));
          }
          return NumberOperations.mul(converter, left, right);
        }
      };

  /** The remainder has the divisor's sign. */
  private static final AstBinary.Operator REMAINDER =
      new AstBinary.SimpleOperator() {
        @Override
        protected Object apply(TypeConverter converter, Object left, Object right) {
          if (isWhole(left) && isWhole(right) && ((Number) right).longValue() != 0) {
            return Math.floorMod(((Number) left).longValue(), ((Number) right).longValue());
          }
          return NumberOperations.mod(converter, left, right);
        }
      };

  private static final int MOST_REPETITIONS = 1 << 20;

  private PythonOperators() {}

  private static boolean isWhole(Object value) {
    return value instanceof Long || value instanceof Integer;
  }

  static AstBinary.Operator of(AstBinary.Operator operator) {
    if (operator == AdditionOperator.OP) {
      return ADD;
    } else if (operator == AstBinary.MUL) {
      return MULTIPLY;
    } else if (operator == AstBinary.MOD) {
      return REMAINDER;
    } else if (operator == AstBinary.EQ) {
      return EQUAL;
    } else if (operator == AstBinary.NE) {
      return NOT_EQUAL;
    } else if (operator == AstBinary.AND) {
      return new Logical(false);
    } else if (operator == OrOperator.OP) {
      return new Logical(true);
    }
    return operator;
  }

  private static String type(Object value) {
    return value == null ? "an undefined value" : value.getClass().getSimpleName();
  }
}
