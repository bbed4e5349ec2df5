package dev.millrace.engine.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.JinjavaInterpreter.InterpreterScopeClosable;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.util.ForLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * {@code {% for x in items if condition %} ... {% else %} ... {% endfor %}} as Jinja2 has it: what
 * is set in one round is gone in the next, the condition filters, and the else part is for when
 * there is nothing to do.
 */
final class PythonForTag implements Tag {
  private static final long serialVersionUID = 1L;

  @Override
  public String getName() {
    return "for";
  }

  @Override
  @SuppressWarnings("try") // the scope is there to be closed
  public String interpret(TagNode tag, JinjavaInterpreter interpreter) {
    LoopHeader header = LoopHeader.parse(tag.getHelpers());
    List<Object> items = items(header, tag, interpreter);
    List<Node> body = body(tag);
    if (items.isEmpty()) {
      return render(tag.getChildren().subList(body.size(), tag.getChildren().size()), interpreter);
    }
    StringBuilder text = new StringBuilder();
    PythonLoop loop = new PythonLoop(items);
    while (loop.hasNext()) {
      Object item = loop.next();
      try (InterpreterScopeClosable scope = interpreter.enterScope()) {
        interpreter.getContext().put("loop", loop);
        bind(header, item, interpreter);
        round(body, loop, text, interpreter);
      }
    }
    return text.toString();
  }

  /** Renders the body until a break or continue. */
  private static void round(
      List<Node> body, ForLoop loop, StringBuilder text, JinjavaInterpreter interpreter) {
    for (Node node : body) {
      text.append(node.render(interpreter).getValue());
      if (loop.isContinued()) {
        return;
      }
    }
  }

  private static List<Object> items(
      LoopHeader header, TagNode tag, JinjavaInterpreter interpreter) {
    List<Object> items = new ArrayList<>();
    for (Object item : iterable(PythonInterpreter.walk(interpreter, header.items(), tag))) {
      if (header.condition().isEmpty() || accepts(header, item, tag, interpreter)) {
        items.add(interpreter.wrap(item));
      }
    }
    return items;
  }

  @SuppressWarnings("try") // the scope is there to be closed
  private static boolean accepts(
      LoopHeader header, Object item, TagNode tag, JinjavaInterpreter interpreter) {
    try (InterpreterScopeClosable scope = interpreter.enterScope()) {
      bind(header, interpreter.wrap(item), interpreter);
      return PythonValues.isTrue(
          PythonInterpreter.decide(interpreter, header.condition().get(), tag));
    }
  }

  private static Collection<?> iterable(Object value) {
    if (value == null) {
      return List.of();
    }
    if (value instanceof Map<?, ?> map) {
      return map.keySet();
    }
    if (value instanceof String text) {
      return text.codePoints().mapToObj(Character::toString).toList();
    }
    if (value == PythonNone.NONE) {
      throw new ChatTemplateException("'NoneType' object is not iterable");
    }
    if (value instanceof Collection<?> collection) {
      return collection;
    }
    throw new ChatTemplateException("for: cannot iterate over " + value.getClass().getSimpleName());
  }

  private static void bind(LoopHeader header, Object item, JinjavaInterpreter interpreter) {
    List<String> names = header.names();
    if (names.size() == 1) {
      interpreter.getContext().put(names.get(0), item);
      return;
    }
    List<?> parts =
        item instanceof Map.Entry<?, ?> entry
            ? java.util.Arrays.asList(entry.getKey(), entry.getValue())
            : new ArrayList<>(iterable(item));
    if (parts.size() != names.size()) {
      throw new ChatTemplateException(
          "for: %d values for the names %s".formatted(parts.size(), names));
    }
    for (int i = 0; i < names.size(); i++) {
      interpreter.getContext().put(names.get(i), parts.get(i));
    }
  }

  /** What comes before the else part, if there is one. */
  private static List<Node> body(TagNode tag) {
    List<Node> body = new ArrayList<>();
    for (Node child : tag.getChildren()) {
      if (child instanceof TagNode inner && inner.getName().equals("else")) {
        break;
      }
      body.add(child);
    }
    return body;
  }

  private static String render(List<Node> nodes, JinjavaInterpreter interpreter) {
    StringBuilder text = new StringBuilder();
    nodes.forEach(node -> text.append(node.render(interpreter).getValue()));
    return text.toString();
  }
}
