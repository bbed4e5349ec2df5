package dev.millrace.engine.text;

import jinjava.de.odysseus.el.tree.Bindings;
import jinjava.de.odysseus.el.tree.Node;
import jinjava.de.odysseus.el.tree.impl.ast.AstNode;
import jinjava.de.odysseus.el.tree.impl.ast.AstRightValue;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELException;

/** What stands before a dot or a bracket, and must be defined there. */
final class DefinedNode extends AstRightValue {
  private final AstNode node;

  DefinedNode(AstNode node) {
    this.node = node;
  }

  @Override
  public Object eval(Bindings bindings, ELContext context) {
    Object value = node.eval(bindings, context);
    if (value == null) {
      throw new ELException(node.getStructuralId(bindings) + " is undefined");
    }
    return value;
  }

  @Override
  public void appendStructure(StringBuilder structure, Bindings bindings) {
    node.appendStructure(structure, bindings);
  }

  @Override
  public int getCardinality() {
    return 1;
  }

  @Override
  public Node getChild(int index) {
    return index == 0 ? node : null;
  }
}
