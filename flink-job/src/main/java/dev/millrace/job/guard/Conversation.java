package dev.millrace.job.guard;

import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a request says, as a guard model wants to read it: user and assistant in turns, the user
 * first. Whatever is not the assistant's is the user's, a system's message too: it came with the
 * request like the rest.
 */
final class Conversation {
  private static final String USER = "user";
  private static final String ASSISTANT = "assistant";
  private static final String BETWEEN = "\n\n";

  private Conversation() {}

  static List<Message> of(GenerationRequest request) {
    List<Message> turns = new ArrayList<>();
    Optional<List<Message>> messages = request.getMessages();
    if (messages.isPresent()) {
      messages.get().forEach(message -> add(turns, role(message.getRole()), message.getContent()));
    } else {
      request.getPrompt().ifPresent(prompt -> add(turns, USER, prompt));
      new TreeMap<>(request.getInput()).values().forEach(text -> add(turns, USER, text));
    }
    return turns;
  }

  /** The same with the model's answer. */
  static List<Message> with(List<Message> turns, String answer) {
    List<Message> all = new ArrayList<>(turns);
    add(all, ASSISTANT, answer);
    return all;
  }

  static List<Message> ofUser(String text) {
    return List.of(new Message(USER, text));
  }

  static List<Message> ofAssistant(String text) {
    return List.of(new Message(USER, ""), new Message(ASSISTANT, text));
  }

  private static String role(String role) {
    return role.equals(ASSISTANT) ? ASSISTANT : USER;
  }

  private static void add(List<Message> turns, String role, String text) {
    if (turns.isEmpty() && role.equals(ASSISTANT)) {
      turns.add(new Message(USER, ""));
    }
    int last = turns.size() - 1;
    if (last >= 0 && turns.get(last).getRole().equals(role)) {
      turns.set(last, new Message(role, turns.get(last).getContent() + BETWEEN + text));
    } else {
      turns.add(new Message(role, text));
    }
  }
}
