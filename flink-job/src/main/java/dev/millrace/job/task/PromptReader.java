package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.text.ChatTemplateException;
import dev.millrace.engine.text.PromptTemplate;
import dev.millrace.job.task.yaml.YamlObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code messages} or {@code prompt}, each with its templates. */
final class PromptReader {
  private static final TaskPrompt NONE = TaskPrompt.chat(List.of());

  private final YamlObject yaml;

  PromptReader(YamlObject yaml) {
    this.yaml = requireNonNull(yaml, "yaml");
  }

  TaskPrompt read() {
    boolean raw = yaml.has("prompt");
    boolean chat = yaml.has("messages");
    if (raw && chat) {
      yaml.mistake("prompt", "stands beside messages: keep one of them");
    }
    if (!raw && !chat) {
      yaml.mistake("needs messages: a list of role and content, or a raw prompt");
    }
    return raw ? template(yaml, "prompt").map(TaskPrompt::raw).orElse(NONE) : readMessages();
  }

  private TaskPrompt readMessages() {
    List<TaskPrompt.Turn> turns = new ArrayList<>();
    for (YamlObject message : yaml.objects("messages")) {
      String role = message.requiredText("role", "who speaks: system, user or assistant");
      message.requiredText("content", "what is said, as a template");
      template(message, "content")
          .ifPresent(content -> turns.add(new TaskPrompt.Turn(role, content)));
      message.end();
    }
    return TaskPrompt.chat(turns);
  }

  private static Optional<PromptTemplate> template(YamlObject yaml, String key) {
    Optional<String> source = yaml.text(key);
    try {
      Optional<PromptTemplate> template = source.map(PromptTemplate::compile);
      template.ifPresent(PromptTemplate::variables); // finds unknown filters, too
      return template;
    } catch (ChatTemplateException e) {
      yaml.mistake(key, "the template is malformed: " + e.getMessage());
      return Optional.empty();
    }
  }
}
