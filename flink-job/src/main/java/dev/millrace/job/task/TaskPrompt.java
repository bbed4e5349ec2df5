package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.text.ChatTemplateException;
import dev.millrace.engine.text.PromptTemplate;
import dev.millrace.schema.Message;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Templates that turn a task's input into a conversation, or into a raw prompt. Safe for all
 * threads.
 */
public final class TaskPrompt {
  /** One message of the conversation; a raw prompt is one without a role. */
  record Turn(String role, PromptTemplate content) {
    Turn {
      requireNonNull(role, "role");
      requireNonNull(content, "content");
    }
  }

  private final List<Turn> turns;
  private final boolean raw;

  private TaskPrompt(List<Turn> turns, boolean raw) {
    this.turns = List.copyOf(turns);
    this.raw = raw;
  }

  static TaskPrompt chat(List<Turn> turns) {
    return new TaskPrompt(turns, false);
  }

  static TaskPrompt raw(PromptTemplate prompt) {
    return new TaskPrompt(List.of(new Turn("", prompt)), true);
  }

  /** Whether it makes a raw prompt and no conversation. */
  public boolean isRaw() {
    return raw;
  }

  /**
   * The conversation for an input.
   *
   * @throws ChatTemplateException if the templates need something that the input lacks, naming it
   */
  public List<Message> messages(Map<String, ?> input) {
    return turns.stream()
        .map(turn -> new Message(turn.role(), turn.content().render(input)))
        .toList();
  }

  /**
   * The raw prompt for an input.
   *
   * @throws ChatTemplateException if the template needs something that the input lacks, naming it
   */
  public String text(Map<String, ?> input) {
    return turns.get(0).content().render(input);
  }

  /** The variables that the templates look up. */
  Set<String> variables() {
    Set<String> variables = new LinkedHashSet<>();
    turns.forEach(turn -> variables.addAll(turn.content().variables()));
    return variables;
  }
}
