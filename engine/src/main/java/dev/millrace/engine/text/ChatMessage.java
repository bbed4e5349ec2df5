package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

/**
 * One turn of a conversation.
 *
 * @param role what the chat template knows, usually system, user or assistant
 */
public record ChatMessage(String role, String content) {
  public ChatMessage {
    requireNonNull(role, "role");
    requireNonNull(content, "content");
  }
}
