package dev.millrace.engine.text;

import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the expressions of a chat template do with the texts of messages. As long as those that are
 * evaluated only put them beside other texts, a prompt is the same for all texts but for the texts
 * themselves.
 *
 * <p>It goes by names: {@code messages} is the list, and what is made from it holds messages or
 * texts. Whatever is not recognised counts as reading a text, so that nothing is taken for harmless
 * which is not. Safe for all threads.
 */
final class TextFlow {
  /** What an expression does, or what a name holds. */
  enum Use {
    /** Nothing that depends on what a text says. */
    NONE,
    /** A text, perhaps trimmed and beside others, but unseen. */
    TEXT,
    /** One message. */
    MESSAGE,
    /** Messages. */
    LIST,
    /** Anything else: the value may depend on what a text says. */
    READ
  }

  /** Another tag may make something else of a text without an expression. */
  private static final Set<String> TAGS =
      Set.of("for", "if", "elif", "else", "set", "break", "continue", "generation");

  private final Map<String, Use> names = new HashMap<>(Map.of("messages", Use.LIST));
  private final Map<String, Use> known = new ConcurrentHashMap<>();

  private TextFlow() {}

  /** Empty for a template with tags or variables whose effect is not known. */
  static Optional<TextFlow> of(Node root) {
    TextFlow flow = new TextFlow();
    try {
      int before;
      do {
        before = flow.names.size();
        if (!flow.follow(root)) {
          return Optional.empty();
        }
      } while (flow.names.size() > before);
      return Optional.of(flow);
    } catch (ChatTemplateException unsupported) {
      return Optional.empty(); // refused if it is ever reached, not before
    }
  }

  /** What an expression of the template does. */
  Use of(String expression) {
    return known.computeIfAbsent(expression, this::analyse);
  }

  private Use analyse(String expression) {
    return new TextFlowExpression(expression, names).use();
  }

  /** Notes which names hold messages and texts; false if that cannot be told. */
  private boolean follow(Node node) {
    if (node instanceof TagNode tag && !(TAGS.contains(tag.getName()) && followTag(tag))) {
      return false;
    }
    return node.getChildren().stream().allMatch(this::follow);
  }

  private boolean followTag(TagNode tag) {
    return switch (tag.getName()) {
      case "set" -> followSet(tag.getHelpers());
      case "for" -> followLoop(LoopHeader.parse(tag.getHelpers()));
      default -> true;
    };
  }

  private boolean followSet(String assignment) {
    int equals = assignment.indexOf('=');
    return equals >= 0 // else a block, which may print anything
        && note(
            List.of(assignment.substring(0, equals).split(",")),
            analyse(assignment.substring(equals + 1)));
  }

  private boolean followLoop(LoopHeader header) {
    Use items = analyse(header.items());
    return note(header.names(), items == Use.LIST ? Use.MESSAGE : Use.NONE);
  }

  /** What reads a text is left out here, as it is noticed when it is evaluated. */
  private boolean note(List<String> targets, Use use) {
    if (use == Use.NONE || use == Use.READ) {
      return true;
    }
    String name = targets.get(0).strip();
    if (targets.size() > 1 || name.contains(".")) {
      return false;
    }
    Use before = names.putIfAbsent(name, use);
    return before == null || before == use;
  }
}
