package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.event.RecordReader;
import dev.millrace.job.guard.Guards;
import dev.millrace.job.guard.InputGuard;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.task.OutputMapping;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.Stage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The records that a prompt leads to when all is generated: the completion and its latency, with
 * what its task makes of the answer; or a dead letter if the task cannot use it. Not thread-safe.
 */
public final class TaskOutcomes {
  private final Tasks tasks;
  private final RecordReader records;
  private final InputGuard guard;
  private final LabelOutcome labels;
  private final Map<String, EnrichOutcome> enrichments = new HashMap<>();

  /**
   * @param records reads a prompt's record again, for what is not kept while it is generated
   * @param gold told of every record whose label is known
   */
  public TaskOutcomes(Tasks tasks, RecordReader records, GoldTally gold) {
    this(tasks, records, gold, new InputGuard(Guards.none(), tasks));
  }

  /** The same, with the guard that masks what a record repeats of a request. */
  public TaskOutcomes(Tasks tasks, RecordReader records, GoldTally gold, InputGuard guard) {
    this.tasks = requireNonNull(tasks, "tasks");
    this.records = requireNonNull(records, "records");
    this.guard = requireNonNull(guard, "guard");
    this.labels = new LabelOutcome(records, gold, guard);
    for (TaskDefinition task : tasks.all()) {
      if (task.kind() instanceof TaskKind.Enrich kind) {
        enrichments.put(task.name(), new EnrichOutcome(task, kind, records));
      }
    }
  }

  /** Every record, those of one outcome together; the result that is given stays as it is. */
  public List<OutputRecord> of(Finished finished) {
    GenerationResult result = Completions.copy(finished.result());
    List<OutputRecord> records = new ArrayList<>(3);
    List<OutputRecord> ofTask;
    try {
      ofTask = ofTask(finished, result);
    } catch (UnusableAnswerException e) {
      return List.of(deadLetter(finished, e));
    }
    records.add(Completions.record(result, finished.task()));
    records.add(Completions.record(finished.latency(), finished.task()));
    records.addAll(ofTask);
    return records;
  }

  /** What the task adds to the result, and the records besides. */
  private List<OutputRecord> ofTask(Finished finished, GenerationResult result)
      throws UnusableAnswerException {
    Optional<TaskDefinition> task = finished.task().task().flatMap(tasks::named);
    if (task.isEmpty()) {
      return List.of();
    }
    TaskKind kind = task.get().kind();
    if (kind instanceof TaskKind.Label label) {
      return labels.apply(label, finished, result);
    }
    if (kind instanceof TaskKind.Enrich) {
      return enrichments.get(task.get().name()).apply(finished, result);
    }
    if (kind instanceof TaskKind.Summarise) {
      result.setDocument(finished.parts().toRecord());
    }
    return mapped(task.get(), finished, result);
  }

  private List<OutputRecord> mapped(TaskDefinition task, Finished finished, GenerationResult result)
      throws UnusableAnswerException {
    if (task.output().isEmpty()) {
      return List.of();
    }
    OutputMapping mapping = task.output().get();
    PromptRecord origin = finished.task().origin();
    Map<String, String> input = mapping.readsInput() ? input(origin) : Map.of();
    return List.of(MappedAnswer.record(mapping, origin, MappedAnswer.of(mapping, result, input)));
  }

  private Map<String, String> input(PromptRecord origin) {
    try {
      return guard.maskedInput(records.read(origin));
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a record that was read is none any more", e);
    }
  }

  private static OutputRecord deadLetter(Finished finished, UnusableAnswerException e) {
    GenerationTask task = finished.task();
    return DeadLetters.of(
        task.origin(),
        Optional.of(finished.result().getId()),
        Stage.GENERATE,
        ErrorCode.INVALID_ANSWER,
        e.getMessage(),
        finished.attempts());
  }
}
