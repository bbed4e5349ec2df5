package dev.millrace.job.task;

import dev.millrace.job.config.Spelling;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The tasks that a job knows, by name and by the topics bound to them. Immutable. */
public final class Tasks {
  private final Map<String, TaskDefinition> byName = new LinkedHashMap<>();
  private final Map<String, TaskDefinition> byTopic = new LinkedHashMap<>();

  Tasks(Collection<TaskDefinition> tasks) {
    for (TaskDefinition task : tasks) {
      byName.put(task.name(), task);
      task.source().ifPresent(source -> byTopic.put(source.topic(), task));
    }
  }

  public static Tasks none() {
    return new Tasks(List.of());
  }

  /** In the order of their files. */
  public Collection<TaskDefinition> all() {
    return byName.values();
  }

  public Optional<TaskDefinition> named(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The task that a topic of events is bound to. */
  public Optional<TaskDefinition> ofTopic(String topic) {
    return Optional.ofNullable(byTopic.get(topic));
  }

  /** The topics that are bound to tasks. */
  public Collection<String> topics() {
    return byTopic.keySet();
  }

  /** The topics that tasks write to, each once. */
  public List<String> outputTopics() {
    return byName.values().stream().flatMap(task -> task.topic().stream()).distinct().toList();
  }

  /** The names of the tasks that records with a known label are hidden among. */
  public List<String> withGoldRecords() {
    return byName.values().stream()
        .filter(task -> task.kind() instanceof TaskKind.Label label && label.gold().isPresent())
        .map(TaskDefinition::name)
        .toList();
  }

  /** For whoever asked for a task that is not there: what there is. */
  public String suggestion(String unknown) {
    if (byName.isEmpty()) {
      return "this job has no tasks: send messages or a prompt, or configure millrace.tasks";
    }
    return "did you mean %s? There is %s"
        .formatted(
            Spelling.nearest(unknown, byName.keySet()),
            String.join(", ", new TreeSet<>(byName.keySet())));
  }
}
