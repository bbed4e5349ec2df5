package dev.millrace.job.compound;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.Answer;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.record.StepState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * How far a {@link CompoundTask} has come: level after level of steps, each level begun when the
 * one before it has all its answers.
 *
 * <pre>{@code
 * List<Step> ready = progress.begin();
 * // generate each of them; for each answer:
 * ready = progress.accept(step, answer);
 * // until progress.isDone()
 * }</pre>
 */
public final class CompoundProgress {
  private final CompoundTask task;
  private final Reduction reduction;
  private final List<List<Step>> levels = new ArrayList<>();
  private final Deque<StepState> restored;
  private boolean done;

  /**
   * @param restored the steps of an earlier attempt at the same {@linkplain CompoundTask#plan()
   *     plan}, as they were begun; empty at first
   */
  public CompoundProgress(CompoundTask task, Reduction reduction, List<StepState> restored) {
    this.task = requireNonNull(task, "task");
    this.reduction = requireNonNull(reduction, "reduction");
    this.restored = new ArrayDeque<>(restored);
  }

  public CompoundTask task() {
    return task;
  }

  /** What to generate first; after a restore, what was not finished. */
  public List<Step> begin() throws RefusedException {
    return open(task.first().stream().map(Step::of).toList());
  }

  /**
   * Takes a step's answer.
   *
   * @return what to generate next; nothing while answers of this level are missing
   * @throws RefusedException if the answers cannot be combined, which is the end of the task
   */
  public List<Step> accept(Step step, Answer answer) throws RefusedException {
    step.finish(answer);
    return isLevelFinished() ? advance() : List.of();
  }

  /** Whether there is nothing left to generate. */
  public boolean isDone() {
    return done;
  }

  /** The answers of the last level, once it is done. */
  public List<Answer> result() {
    if (!done) {
      throw new IllegalStateException(task.id() + " is not done");
    }
    return answers(levels.get(levels.size() - 1));
  }

  /** Every answer that was generated, in the order in which they were begun. */
  public List<Answer> generated() {
    return steps().stream()
        .filter(Step::isGenerated)
        .filter(Step::isFinished)
        .map(Step::answer)
        .toList();
  }

  /** How many levels there are by now. */
  public int levels() {
    return levels.size();
  }

  /** Whether any step has a token. */
  public boolean hasToken() {
    return steps().stream().anyMatch(step -> step.isFinished() || !step.tokens().isEmpty());
  }

  /** What a checkpoint keeps; of an earlier attempt, also what has not been begun again. */
  public List<StepState> snapshot() {
    Stream<StepState> begun = steps().stream().map(Step::snapshot);
    return Stream.concat(begun, restored.stream()).toList();
  }

  /** Stops whatever is being generated. */
  public void cancel() {
    steps().forEach(Step::cancel);
  }

  private List<Step> open(List<Step> level) throws RefusedException {
    levels.add(level);
    for (Step step : level) {
      if (!restored.isEmpty()) {
        step.restore(restored.remove());
      }
    }
    return isLevelFinished()
        ? advance()
        : level.stream().filter(step -> !step.isFinished()).toList();
  }

  private List<Step> advance() throws RefusedException {
    List<Step> next = reduction.next(levels.size(), answers(levels.get(levels.size() - 1)));
    if (next.isEmpty()) {
      done = true;
      return List.of();
    }
    return open(next);
  }

  private boolean isLevelFinished() {
    return levels.get(levels.size() - 1).stream().allMatch(Step::isFinished);
  }

  private List<Step> steps() {
    return levels.stream().flatMap(List::stream).toList();
  }

  private static List<Answer> answers(List<Step> level) {
    return level.stream().map(Step::answer).toList();
  }
}
