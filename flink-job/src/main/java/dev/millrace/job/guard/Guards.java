package dev.millrace.job.guard;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.Spelling;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.Tasks;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The guards of a job. Immutable. */
public final class Guards {
  /** Looks at every request whose task does not choose. */
  public static final String DEFAULT = "default";

  /** What a task chooses that wants no guard. */
  public static final String NONE = "none";

  private final Map<String, GuardPolicy> byName = new LinkedHashMap<>();
  private final Optional<GuardModel> model;

  Guards(Collection<GuardPolicy> guards, Optional<GuardModel> model) {
    guards.forEach(guard -> byName.put(guard.name(), guard));
    this.model = model;
  }

  public static Guards none() {
    return new Guards(List.of(), Optional.empty());
  }

  public Collection<GuardPolicy> all() {
    return byName.values();
  }

  /** The model that any of the guards asks. */
  public Optional<GuardModel> model() {
    return model.filter(any -> all().stream().anyMatch(guard -> guard.model().isPresent()));
  }

  /** The guard of a task's requests, or of those that name no task. */
  public Optional<GuardPolicy> of(Optional<TaskDefinition> task) {
    return Optional.ofNullable(byName.get(task.flatMap(TaskDefinition::guard).orElse(DEFAULT)));
  }

  /**
   * Makes sure that there is every guard that a task chooses.
   *
   * @throws ConfigurationException naming the task
   */
  public void requireThoseOf(Tasks tasks) {
    for (TaskDefinition task : tasks.all()) {
      String guard = task.guard().orElse(NONE);
      if (!guard.equals(NONE) && !byName.containsKey(guard)) {
        throw new ConfigurationException(
            "task '%s' wants the guard '%s', %s"
                .formatted(
                    task.name(),
                    guard,
                    byName.isEmpty()
                        ? "but millrace.guard.file is not set"
                        : "did you mean %s?".formatted(Spelling.nearest(guard, byName.keySet()))));
      }
    }
  }
}
