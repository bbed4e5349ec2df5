package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.RefusedException;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;

/** Completes requests that name a task with what the task says. */
final class TaskRequests {
  private final Tasks tasks;

  TaskRequests(Tasks tasks) {
    this.tasks = requireNonNull(tasks, "tasks");
  }

  /**
   * Sets what the request leaves open as its task has it. A request may choose another sampling,
   * but not another form of answer: what becomes of the answer depends on it.
   */
  void fill(GenerationRequest request) throws RefusedException {
    if (request.getTask().isEmpty()) {
      return;
    }
    TaskDefinition task = task(request.getTask().get());
    if (request.getResponseFormat().isPresent()) {
      throw new RefusedException(
          ErrorCode.INVALID_RESPONSE_FORMAT,
          "the task '%s' has its own form of answer: leave response_format out"
              .formatted(task.name()));
    }
    request.setResponseFormat(task.responseFormat().orElse(null));
    request.setModel(request.getModel().or(task::model).orElse(null));
    request.setAdapter(request.getAdapter().or(task::adapter).orElse(null));
    task.fillSampling(request);
  }

  private TaskDefinition task(String name) throws RefusedException {
    return tasks
        .named(name)
        .orElseThrow(
            () ->
                new RefusedException(
                    ErrorCode.UNKNOWN_TASK,
                    "task '%s' is not configured at this job: %s"
                        .formatted(name, tasks.suggestion(name))));
  }
}
