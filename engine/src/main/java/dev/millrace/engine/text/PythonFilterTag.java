package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.JinjavaInterpreter.InterpreterScopeClosable;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;

/** {@code {% filter trim %}}: the text up to endfilter goes through filters. */
final class PythonFilterTag implements Tag {
  private static final long serialVersionUID = 1L;
  private static final String TEXT = "filtered_text_";

  @Override
  public String getName() {
    return "filter";
  }

  @Override
  @SuppressWarnings("try") // the scope is there to be closed
  public String interpret(TagNode tag, JinjavaInterpreter interpreter) {
    StringBuilder text = new StringBuilder();
    try (InterpreterScopeClosable scope = interpreter.enterScope()) {
      for (Node child : tag.getChildren()) {
        text.append(child.render(interpreter).getValue());
      }
      interpreter.getContext().put(TEXT, text.toString());
      return interpreter.getAsString(
          interpreter.resolveELExpression(TEXT + "|" + tag.getHelpers(), tag.getLineNumber()));
    }
  }
}
