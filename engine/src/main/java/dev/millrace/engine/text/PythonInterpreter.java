package dev.millrace.engine.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.InterpreterFactory;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;

/** Writes values into the text as Python's {@code str} does. */
final class PythonInterpreter extends JinjavaInterpreter {
  private PythonInterpreter(Jinjava application, Context context, JinjavaConfig config) {
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

  /** A string is written as it is; the engine would quote it as JSON and take that off again. */
  @Override
  public String getAsString(Object value) {
    if (value instanceof String text) {
      return text;
    }
    return PythonText.isDifferent(value) ? PythonText.str(value) : super.getAsString(value);
  }
}
