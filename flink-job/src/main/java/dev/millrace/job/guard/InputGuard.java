package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.GuardVerdict;
import dev.millrace.schema.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The guards' rules for what requests bring. What is prepared for a guarded request is stamped with
 * its guard beside its template, so that neither a checkpoint nor a result that is kept outlives a
 * change of the rules.
 */
public final class InputGuard {
  private static final String STAMP = " guard:";

  private final Guards guards;
  private final Tasks tasks;

  public InputGuard(Guards guards, Tasks tasks) {
    this.guards = requireNonNull(guards, "guards");
    this.tasks = requireNonNull(tasks, "tasks");
  }

  /** The guard of requests for a task, or of those for none. */
  Optional<GuardPolicy> policy(Optional<String> task) {
    return guards.of(task.flatMap(tasks::named));
  }

  /**
   * Masks in the request what its guard says.
   *
   * @return what was found
   * @throws GuardException if the request must not go on
   */
  public List<GuardVerdict> screen(GenerationRequest request) {
    Optional<GuardPolicy> policy = policy(request.getTask());
    if (policy.isEmpty() || policy.get().rules(GuardSide.INPUT).isEmpty()) {
      return List.of();
    }
    Screening screening = new Screening(policy.get(), GuardSide.INPUT);
    request.setMessages(
        request.getMessages().map(messages -> screen(messages, screening)).orElse(null));
    request.setPrompt(request.getPrompt().map(screening::screen).orElse(null));
    Map<String, String> input = new HashMap<>(request.getInput());
    input.replaceAll((name, text) -> screening.screen(text));
    request.setInput(input);
    return screening.verdicts();
  }

  /** What a request's task was given, as its model has read it. */
  public Map<String, String> maskedInput(GenerationRequest request) {
    screen(request);
    return request.getInput();
  }

  private static List<Message> screen(List<Message> messages, Screening screening) {
    return messages.stream()
        .map(message -> new Message(message.getRole(), screening.screen(message.getContent())))
        .toList();
  }

  /** The same with the stamp of its guard, if it has one. */
  public Prepared stamped(Prepared prepared) {
    if (prepared instanceof GenerationTask task) {
      return policy(task.task())
          .<Prepared>map(
              policy -> task.withTemplateVersion(stamped(task.templateVersion(), policy)))
          .orElse(prepared);
    }
    if (prepared instanceof CompoundTask task) {
      return policy(Optional.of(task.task()))
          .<Prepared>map(
              policy -> task.withTemplateVersion(stamped(task.templateVersion(), policy)))
          .orElse(prepared);
    }
    return prepared;
  }

  /** Whether a task was prepared under the guard that its requests have now. */
  boolean isCurrent(GenerationTask task) {
    String version = task.templateVersion();
    return policy(task.task())
        .map(policy -> version.endsWith(STAMP + policy.stamp()))
        .orElseGet(() -> !version.contains(STAMP));
  }

  private static String stamped(String templateVersion, GuardPolicy policy) {
    return templateVersion + STAMP + policy.stamp();
  }
}
