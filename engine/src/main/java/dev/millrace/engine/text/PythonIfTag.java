package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.IfTag;
import com.hubspot.jinjava.tree.TagNode;

/** {@code {% if %}} with Python's idea of truth: a message that says "false" is true. */
final class PythonIfTag extends IfTag {
  private static final long serialVersionUID = 1L;

  @Override
  public boolean isPositiveIfElseNode(TagNode tag, JinjavaInterpreter interpreter) {
    return PythonValues.isTrue(PythonInterpreter.decide(interpreter, tag.getHelpers(), tag));
  }
}
