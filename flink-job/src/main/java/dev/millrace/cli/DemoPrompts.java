package dev.millrace.cli;

import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes as many prompts from the sample documents as a demo asks for, the tasks in turn. */
final class DemoPrompts {
  /** One prompt and the document it came from. */
  record DemoPrompt(GenerationRequest request, DemoDocument document) {}

  private DemoPrompts() {}

  /**
   * Prompts with ids of their own; documents are used again when there are too few.
   *
   * @param count how many, at least 1
   */
  static List<DemoPrompt> take(List<DemoDocument> documents, int count, int maxTokens) {
    List<List<DemoDocument>> tasks = List.copyOf(byTask(documents).values());
    List<DemoPrompt> prompts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      List<DemoDocument> task = tasks.get(i % tasks.size());
      DemoDocument document = task.get(i / tasks.size() % task.size());
      String id = String.format(Locale.ROOT, "%s-%04d", document.task(), i + 1);
      prompts.add(new DemoPrompt(request(id, document, maxTokens), document));
    }
    return prompts;
  }

  private static Map<String, List<DemoDocument>> byTask(List<DemoDocument> documents) {
    Map<String, List<DemoDocument>> tasks = new LinkedHashMap<>();
    for (DemoDocument document : documents) {
      tasks.computeIfAbsent(document.task(), task -> new ArrayList<>()).add(document);
    }
    return tasks;
  }

  private static GenerationRequest request(String id, DemoDocument document, int maxTokens) {
    return GenerationRequest.newBuilder()
        .setId(id)
        .setMessages(
            document.messages().stream()
                .map(turn -> new Message(turn.role(), turn.content()))
                .toList())
        .setMaxTokens(maxTokens)
        .setTemperature(0.0)
        .setAttributes(Map.of("task", document.task(), "document", document.id()))
        .build();
  }
}
