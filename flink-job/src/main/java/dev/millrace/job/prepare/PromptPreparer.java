package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.compound.Reduction;
import dev.millrace.job.config.RequestDefaults;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.guard.GuardException;
import dev.millrace.job.guard.Guards;
import dev.millrace.job.guard.InputGuard;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.outcome.DeadLetters;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Refusal;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.Stage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a record from its bytes to tasks for the engine: decode, validate, screen by the guard's
 * rules, render, plan. Whatever a record contains, it comes out as a task or as a refusal and never
 * as an exception. Not thread-safe.
 */
public final class PromptPreparer {
  private static final Logger LOG = LoggerFactory.getLogger(PromptPreparer.class);

  private final InputGuard guard;
  private final RecordReader reader;
  private final Tasks tasks;
  private final TaskRequests taskRequests;
  private final RequestValidator validator;
  private final RequestRenderer renderer;
  private final RequestPlanner planner;
  private final SummaryPlanner summaries;
  private final VotePlanner votes;

  /** Without a guard and without a schema registry. */
  public PromptPreparer(ModelRuntime model, RequestDefaults defaults, Tasks tasks) {
    this(model, defaults, tasks, Guards.none());
  }

  /** Without a schema registry. */
  public PromptPreparer(ModelRuntime model, RequestDefaults defaults, Tasks tasks, Guards guards) {
    this(model, defaults, tasks, guards, new RecordReader(defaults.maxRecordBytes(), tasks));
  }

  /**
   * @param reader of the same tasks
   */
  public PromptPreparer(
      ModelRuntime model,
      RequestDefaults defaults,
      Tasks tasks,
      Guards guards,
      RecordReader reader) {
    this.guard = new InputGuard(guards, tasks);
    this.tasks = requireNonNull(tasks, "tasks");
    this.reader = requireNonNull(reader, "reader");
    this.taskRequests = new TaskRequests(tasks);
    this.validator = new RequestValidator(model);
    this.renderer = new RequestRenderer(model, tasks);
    this.planner = new RequestPlanner(model, defaults);
    this.summaries = new SummaryPlanner(model, defaults, renderer, planner);
    this.votes = new VotePlanner(renderer, planner);
  }

  /** Tasks for the engine, or a refusal; never an exception. */
  public Prepared prepare(PromptRecord prompt) {
    GenerationRequest request;
    try {
      request = reader.read(prompt);
    } catch (RecordFormatException e) {
      return refusal(prompt, Optional.empty(), e.code(), e.getMessage());
    }
    return prepare(prompt, request);
  }

  /** What the answers of a compound task lead to. */
  public Reduction reduction(CompoundTask compound) {
    Optional<TaskDefinition> task = tasks.named(compound.task());
    if (task.isEmpty() || !(task.get().kind() instanceof TaskKind.Summarise)) {
      return (level, answers) -> List.of();
    }
    return (level, answers) ->
        summaries.combine(readAgain(compound.origin()), task.get(), level, answers);
  }

  private GenerationRequest readAgain(PromptRecord prompt) throws RefusedException {
    try {
      GenerationRequest request = reader.read(prompt);
      taskRequests.fill(request);
      return request;
    } catch (RecordFormatException e) {
      throw new RefusedException(e.code(), e.getMessage());
    }
  }

  private Prepared prepare(PromptRecord prompt, GenerationRequest request) {
    Optional<String> id = Optional.of(request.getId());
    try {
      taskRequests.fill(request);
      validator.validate(request, Instant.ofEpochMilli(prompt.readAt()));
      guard.screen(request);
      return guard.stamped(plan(prompt, request));
    } catch (RefusedException e) {
      return refusal(prompt, id, e.code(), e.getMessage());
    } catch (GuardException e) {
      return new Refusal(
          DeadLetters.of(prompt, id, e.code().stage(), e.code(), e.getMessage(), 0, e.category()));
    } catch (RuntimeException e) {
      // A bug of ours or of a library must not stop the topic at this record for ever.
      logWithoutMessage(prompt, e);
      return new Refusal(
          DeadLetters.of(
              prompt,
              id,
              Stage.RENDER,
              ErrorCode.TEMPLATE_ERROR,
              "the request could not be rendered (" + e + "): please report this with the record",
              0));
    }
  }

  /** The message may quote the prompt; the dead letter has it. */
  private static void logWithoutMessage(PromptRecord prompt, RuntimeException failure) {
    StackTraceElement[] stack = failure.getStackTrace();
    LOG.error(
        "{}-{}@{} could not be rendered: {} at {}",
        prompt.topic(),
        prompt.partition(),
        prompt.offset(),
        failure.getClass().getName(),
        stack.length == 0 ? "an unknown place" : stack[0]);
  }

  private Prepared plan(PromptRecord prompt, GenerationRequest request) throws RefusedException {
    Optional<TaskDefinition> task = request.getTask().flatMap(tasks::named);
    if (task.isPresent()) {
      if (task.get().kind() instanceof TaskKind.Summarise) {
        return summaries.plan(prompt, request, task.get());
      }
      if (task.get().kind() instanceof TaskKind.Label label && label.votes() > 1) {
        return votes.plan(prompt, request, task.get(), label.votes());
      }
    }
    RenderedRequest rendered = renderer.render(request);
    return new GenerationTask(
        prompt,
        planner.plan(request, rendered),
        request.getAttributes(),
        rendered.templateVersion(),
        request.getTask());
  }

  private static Refusal refusal(
      PromptRecord prompt, Optional<String> id, ErrorCode code, String message) {
    return new Refusal(DeadLetters.of(prompt, id, code, message));
  }
}
