package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.JinjavaInterpreter.InterpreterScopeClosable;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code {% with x = 1, y = 2 %}}: names that are known until endwith. */
final class PythonWithTag implements Tag {
  private static final long serialVersionUID = 1L;

  @Override
  public String getName() {
    return "with";
  }

  @Override
  @SuppressWarnings("try") // the scope is there to be closed
  public String interpret(TagNode tag, JinjavaInterpreter interpreter) {
    Map<String, Object> values = values(tag, interpreter);
    StringBuilder text = new StringBuilder();
    try (InterpreterScopeClosable scope = interpreter.enterScope()) {
      interpreter.getContext().putAll(values);
      for (Node child : tag.getChildren()) {
        text.append(child.render(interpreter).getValue());
      }
    }
    return text.toString();
  }

  private static Map<String, Object> values(TagNode tag, JinjavaInterpreter interpreter) {
    Map<String, Object> values = new LinkedHashMap<>();
    String header = tag.getHelpers().strip();
    JinjaScanner scanner = new JinjaScanner(header, 0);
    int start = 0;
    while (start < header.length()) {
      while (!scanner.isAtEnd()
          && !(scanner.isOutermost() && header.charAt(scanner.position()) == ',')) {
        scanner.advance();
      }
      String assignment = header.substring(start, scanner.position());
      int equals = assignment.indexOf('=');
      if (equals < 0) {
        throw new ChatTemplateException("with: \"" + header + "\" is not supported");
      }
      values.put(
          assignment.substring(0, equals).strip(),
          interpreter.resolveELExpression(assignment.substring(equals + 1), tag.getLineNumber()));
      start = scanner.position() + 1;
      if (!scanner.isAtEnd()) {
        scanner.advance();
      }
    }
    return values;
  }
}
