package dev.millrace.engine.text;

import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Special tokens typed out in messages, which must reach the model as text and not as control. Each
 * is marked after its first character; the rendered text is cut at the marks, so that no tokenizer
 * finds the token's name in one piece.
 *
 * <p>Guarded are the special tokens and those ordinary added tokens that the template itself writes
 * (some checkpoints do not declare their role markers special). In the assistant's own turns the
 * latter are left alone: templates look for {@code </think>} there.
 */
final class TypedTokens {
  /** Under which name a template's filters find the mark. */
  static final String MARK = "typed_token_mark_";

  /** Where no message has any. */
  static final char NO_MARK = '\uE000';

  private static final char FIRST_PRIVATE = NO_MARK;
  private static final char LAST_PRIVATE = '\uF8FF';

  private final Map<Character, List<AddedToken>> guarded = new HashMap<>();

  /** The characters that {@link #guarded} has, so that most others cost one look at a bit. */
  private final BitSet firsts = new BitSet();

  private final String template;

  TypedTokens(Collection<AddedToken> addedTokens, String template) {
    this.template = template;
    for (AddedToken token : addedTokens) {
      if (token.special() || template.contains(token.content())) {
        char first = token.content().charAt(0);
        guarded.merge(first, List.of(token), TypedTokens::join);
        firsts.set(first);
      }
    }
  }

  /** A private-use character that neither the template nor a message contains. */
  char unusedMark(List<ChatMessage> messages) {
    for (char mark = FIRST_PRIVATE; mark <= LAST_PRIVATE; mark++) {
      if (isUnused(mark, messages)) {
        return mark;
      }
    }
    throw new ChatTemplateException("the messages use every private-use character of Unicode");
  }

  ChatMessage mark(ChatMessage message, char mark) {
    boolean assistant = message.role().equals("assistant");
    Predicate<AddedToken> control = token -> !assistant || token.special();
    return new ChatMessage(
        mark(message.role(), mark, control), mark(message.content(), mark, control));
  }

  private boolean isUnused(char mark, List<ChatMessage> messages) {
    return template.indexOf(mark) < 0
        && messages.stream()
            .allMatch(m -> m.role().indexOf(mark) < 0 && m.content().indexOf(mark) < 0);
  }

  private String mark(String text, char mark, Predicate<AddedToken> control) {
    StringBuilder marked = new StringBuilder();
    int copied = 0;
    for (int start = 0; start < text.length(); start++) {
      if (isTokenAt(text, start, control)) {
        int cut = text.offsetByCodePoints(start, 1);
        marked.append(text, copied, cut).append(mark);
        copied = cut;
      }
    }
    return copied == 0 ? text : marked.append(text, copied, text.length()).toString();
  }

  private boolean isTokenAt(String text, int start, Predicate<AddedToken> control) {
    if (!firsts.get(text.charAt(start))) {
      return false;
    }
    List<AddedToken> candidates = guarded.get(text.charAt(start));
    return candidates.stream()
        .anyMatch(token -> text.startsWith(token.content(), start) && control.test(token));
  }

  private static List<AddedToken> join(List<AddedToken> left, List<AddedToken> right) {
    return java.util.stream.Stream.concat(left.stream(), right.stream()).toList();
  }
}
