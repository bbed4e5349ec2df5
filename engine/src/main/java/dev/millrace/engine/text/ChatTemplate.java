package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.CheckpointException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes a conversation the way a checkpoint was trained to read it, with the checkpoint's own
 * Jinja template, as the reference library does.
 *
 * <p>It fails closed: whatever goes wrong in the template, {@code raise_exception} included, is
 * thrown. The rendered text carries its special tokens, BOS too. Special tokens that a message
 * itself contains stay text: see {@link RenderedPrompt}.
 *
 * <p>The date that some templates write is the day in UTC, so that every machine writes the same.
 * Safe for all threads.
 */
public final class ChatTemplate {
  private final Optional<JinjaTemplate> template;
  private final TypedTokens typedTokens;
  private final TokenizerConfig config;
  private final PromptSkeletons skeletons;

  /** Whether what stands in for messages could also come from the template itself. */
  private final boolean hasStandIns;

  private ChatTemplate(TokenizerConfig config, Vocabulary vocabulary, Clock clock) {
    this.config = config;
    String source = config.chatTemplate().orElse("");
    this.typedTokens = new TypedTokens(vocabulary.addedTokens(), source);
    this.template = config.chatTemplate().map(text -> JinjaTemplate.compile(text, clock));
    this.hasStandIns =
        Stream.concat(Stream.of(source), config.namedTokens().values().stream())
            .anyMatch(PromptSkeleton::clashesWith);
    this.skeletons = new PromptSkeletons(this::trace, clock);
  }

  /**
   * Reads {@code chat_template.jinja}, else {@code chat_template} of {@code tokenizer_config.json}.
   * A checkpoint without either still loads, and refuses conversations when they come.
   *
   * @throws CheckpointException if the template or the file it is in is malformed
   */
  public static ChatTemplate load(Path checkpoint, Vocabulary vocabulary) {
    return load(checkpoint, vocabulary, Clock.systemUTC());
  }

  static ChatTemplate load(Path checkpoint, Vocabulary vocabulary, Clock clock) {
    TokenizerConfig config = TokenizerConfig.read(checkpoint);
    try {
      return new ChatTemplate(config, requireNonNull(vocabulary), clock);
    } catch (ChatTemplateException malformed) {
      throw new CheckpointException(
          config.templateFile() + ": chat template: " + malformed.getMessage(), malformed);
    }
  }

  /** Whether the checkpoint has a template, so that conversations can be rendered. */
  public boolean isPresent() {
    return template.isPresent();
  }

  /**
   * Renders a conversation.
   *
   * @param addGenerationPrompt whether the text ends by opening the assistant's next turn
   * @throws ChatTemplateException if the template refuses the conversation or fails, or there is no
   *     template
   */
  public RenderedPrompt render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    JinjaTemplate jinja =
        template.orElseThrow(
            () ->
                new ChatTemplateException(
                    config.templateFile()
                        + " has no chat_template: send a raw prompt instead of messages"));
    if (messages.isEmpty()) {
      throw new ChatTemplateException("the conversation has no messages");
    }
    char mark = typedTokens.unusedMark(messages);
    List<ChatMessage> marked = messages.stream().map(m -> typedTokens.mark(m, mark)).toList();
    String text =
        skeletons
            .of(marked.stream().map(ChatMessage::role).toList(), addGenerationPrompt)
            .map(skeleton -> skeleton.fill(marked.stream().map(ChatMessage::content).toList()))
            .orElseGet(() -> jinja.render(variables(marked, addGenerationPrompt, mark)));
    return text.indexOf(mark) < 0
        ? new RenderedPrompt(List.of(text))
        : new RenderedPrompt(List.of(text.split(String.valueOf(mark), -1)));
  }

  private Optional<JinjaTemplate.Trace> trace(
      List<ChatMessage> messages, boolean addGenerationPrompt) {
    if (hasStandIns) {
      return Optional.empty();
    }
    Map<String, Object> variables = variables(messages, addGenerationPrompt, TypedTokens.NO_MARK);
    return template.flatMap(jinja -> jinja.trace(variables));
  }

  private Map<String, Object> variables(
      List<ChatMessage> messages, boolean addGenerationPrompt, char mark) {
    Map<String, Object> variables = new HashMap<>(config.namedTokens());
    variables.put("messages", messages.stream().map(ChatTemplate::map).toList());
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("tools", PythonNone.NONE); // as the reference library has it without any
    variables.put("documents", PythonNone.NONE);
    variables.put(TypedTokens.MARK, mark);
    return variables;
  }

  private static Map<String, Object> map(ChatMessage message) {
    Map<String, Object> map = new LinkedHashMap<>(); // tojson writes the keys in this order
    map.put("role", message.role());
    map.put("content", message.content());
    return map;
  }
}
