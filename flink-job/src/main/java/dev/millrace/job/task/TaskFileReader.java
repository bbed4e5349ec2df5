package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.task.yaml.Mistake;
import dev.millrace.job.task.yaml.Mistakes;
import dev.millrace.job.task.yaml.YamlFile;
import dev.millrace.job.task.yaml.YamlObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads task files: the key {@code tasks}, and a definition under each name. */
final class TaskFileReader {
  private final TaskFiles files;
  private final Map<String, TaskDefinition> tasks = new LinkedHashMap<>();
  private final Map<String, String> topics = new HashMap<>();

  TaskFileReader(TaskFiles files) {
    this.files = requireNonNull(files, "files");
  }

  /**
   * @throws TaskFileException naming every mistake of every file
   */
  Tasks read() {
    List<Mistake> mistakes = new ArrayList<>();
    files.taskFiles().forEach((name, text) -> mistakes.addAll(read(name, text)));
    if (!mistakes.isEmpty()) {
      throw new TaskFileException(mistakes);
    }
    return new Tasks(tasks.values());
  }

  private List<Mistake> read(String file, String text) {
    Mistakes mistakes = new Mistakes(file);
    Optional<YamlObject> top = YamlFile.parse(text, mistakes);
    if (top.isPresent()) {
      readTasks(top.get());
    }
    return mistakes.all();
  }

  private void readTasks(YamlObject top) {
    Optional<YamlObject> named = top.object("tasks");
    if (named.isEmpty() && !top.has("tasks")) {
      top.mistake("needs tasks: a mapping from each task's name to what it does");
    }
    top.end();
    if (named.isPresent()) {
      for (String name : named.get().keys()) {
        readTask(name, named.get());
      }
    }
  }

  private void readTask(String name, YamlObject parent) {
    Optional<YamlObject> yaml = parent.object(name);
    if (yaml.isEmpty()) {
      if (!parent.has(name)) {
        parent.mistake(name, "is empty: give kind, version and messages");
      }
      return;
    }
    if (tasks.containsKey(name)) {
      parent.mistake(name, "a task of this name is defined already: choose another name");
    }
    TaskDefinition task = new TaskReader(name, yaml.get(), files).read();
    refuseSecondBinding(task, yaml.get());
    tasks.put(name, task);
  }

  private void refuseSecondBinding(TaskDefinition task, YamlObject yaml) {
    if (task.source().isPresent()) {
      String topic = task.source().get().topic();
      String other = topics.putIfAbsent(topic, task.name());
      if (other != null) {
        yaml.mistake("from", "topic '%s' is bound to task '%s' already".formatted(topic, other));
      }
    }
  }
}
