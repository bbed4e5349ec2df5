package dev.millrace.job.model;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.ChatMessage;
import dev.millrace.engine.text.ChatTemplate;
import dev.millrace.engine.text.ChatTemplateException;
import dev.millrace.engine.text.Tokenizer;
import dev.millrace.schema.Message;
import java.util.List;

/** The checkpoint's own chat template and tokenizer. */
final class EngineEncoder implements PromptEncoder {
  private final Tokenizer tokenizer;
  private final ChatTemplate template;

  EngineEncoder(Tokenizer tokenizer, ChatTemplate template) {
    this.tokenizer = requireNonNull(tokenizer, "tokenizer");
    this.template = requireNonNull(template, "template");
  }

  @Override
  public TokenIds encodeChat(List<Message> messages) throws ChatRefusedException {
    List<ChatMessage> turns =
        messages.stream()
            .map(message -> new ChatMessage(message.getRole(), message.getContent()))
            .toList();
    try {
      return TokenIds.of(tokenizer.encode(template.render(turns, true)));
    } catch (ChatTemplateException e) {
      throw new ChatRefusedException(e.getMessage(), e);
    }
  }

  @Override
  public TokenIds encodeRaw(String prompt) {
    return TokenIds.of(tokenizer.encode(prompt, true));
  }

  @Override
  public int countTokens(String text) {
    return tokenizer.encode(text, false).length;
  }

  @Override
  public String decode(int token) {
    return tokenizer.decode(new int[] {token}, false);
  }
}
