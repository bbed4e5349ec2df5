package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.objects.date.StrftimeFormatter;
import java.time.Instant;
import java.util.Locale;

/** The functions the transformers library adds to templates. */
final class JinjaFunctions {
  private JinjaFunctions() {}

  static Object raiseException(Object message) {
    throw new ChatTemplateException(String.valueOf(message));
  }

  static String strftimeNow(String format) {
    JinjavaInterpreter interpreter = JinjavaInterpreter.getCurrent();
    if (interpreter instanceof PythonInterpreter python) {
      python.readsClock(format);
    }
    var config = interpreter.getConfig();
    Instant now = Instant.ofEpochMilli(config.getDateTimeProvider().getCurrentTimeMillis());
    return StrftimeFormatter.format(now.atZone(config.getTimeZone()), format, Locale.US);
  }
}
