package dev.millrace.job.model;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.ChatTemplate;
import dev.millrace.engine.text.Tokenizer;
import dev.millrace.schema.Message;
import java.util.List;

/**
 * Turns what a request says into the model's tokens, and single tokens into text. Used by one
 * thread at a time.
 */
public interface PromptEncoder {
  /** A checkpoint's own chat template and tokenizer. */
  static PromptEncoder of(Tokenizer tokenizer, ChatTemplate template) {
    return new EngineEncoder(tokenizer, template);
  }

  /**
   * Renders a conversation with the checkpoint's chat template, up to where the model's turn
   * begins. Special tokens in a message stay text.
   *
   * @throws ChatRefusedException if the template refuses the conversation
   */
  TokenIds encodeChat(List<Message> messages) throws ChatRefusedException;

  /** Encodes a raw prompt, with what the tokenizer puts in front of a text. */
  TokenIds encodeRaw(String prompt);

  /** How many tokens a text has, without what the tokenizer puts around it. */
  int countTokens(String text);

  /** The text of one token, special tokens as they are written in the vocabulary. */
  String decode(int token);
}
