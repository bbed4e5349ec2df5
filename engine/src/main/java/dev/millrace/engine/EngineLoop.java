package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.model.DeviceLostException;
import dev.millrace.engine.model.DeviceMemoryException;
import dev.millrace.engine.model.Model;
import dev.millrace.engine.scheduler.SampledToken;
import dev.millrace.engine.scheduler.Scheduler;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One step after another: plan, compute, commit. Confined to the engine thread.
 *
 * <p>A step that fails is computed again in halves until the sequence that makes it fail stands
 * alone; that one fails and the others go on. Computing a plan again is harmless: the same keys and
 * values go to the same slots, and sampling depends on the sequence alone.
 *
 * <p>If memory was short the next steps are smaller, too, and a sequence that stands alone is tried
 * with fewer of its tokens; it fails only if there is no memory for one.
 */
final class EngineLoop {
  /** What becomes of the sequences. Called on the engine thread. */
  interface Outcomes {
    /** The sequence is over and has a finish reason. */
    void finished(Sequence sequence);

    void failed(Sequence sequence, GenerationException cause);
  }

  private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);

  private final Scheduler scheduler;
  private final Model model;
  private final Outcomes outcomes;
  private final EngineListener listener;
  private final Clock clock;
  private long steps;
  private long stepNanos;
  private long computedTokens;
  private long generatedTokens;

  EngineLoop(
      Scheduler scheduler, Model model, Outcomes outcomes, EngineListener listener, Clock clock) {
    this.scheduler = requireNonNull(scheduler);
    this.model = requireNonNull(model);
    this.outcomes = requireNonNull(outcomes);
    this.listener = requireNonNull(listener);
    this.clock = requireNonNull(clock);
  }

  boolean isIdle() {
    return scheduler.isIdle();
  }

  /** Queues a sequence; one that an earlier attempt had brought to its end is over at once. */
  void submit(Sequence sequence) {
    if (sequence.isFinished()) {
      outcomes.finished(sequence);
    } else {
      scheduler.add(sequence);
    }
  }

  void cancel(Sequence sequence) {
    if (scheduler.cancel(sequence)) {
      outcomes.finished(sequence);
    }
  }

  /** The model, to load adapters into it between two steps. */
  Model model() {
    return model;
  }

  /**
   * Computes one step.
   *
   * @throws DeviceLostException if no further step can succeed in this process
   */
  void step() {
    long start = System.nanoTime();
    scheduler.passTime(clock.instant()).forEach(this::reportExpired);
    StepPlan plan = scheduler.next();
    if (!plan.isEmpty()) {
      compute(plan, System.nanoTime() - start);
      steps++;
      stepNanos += System.nanoTime() - start;
    }
  }

  EngineStatistics statistics() {
    return new EngineStatistics(
        scheduler.waitingCount(),
        scheduler.runningCount(),
        scheduler.maxRunning(),
        scheduler.cacheUsed(),
        scheduler.cacheCapacity(),
        steps,
        stepNanos,
        computedTokens,
        generatedTokens,
        scheduler.cachedPromptTokens());
  }

  private void compute(StepPlan plan, long scheduling) {
    long start = System.nanoTime();
    List<SampledToken> sampled;
    try {
      sampled = model.forward(plan);
    } catch (DeviceLostException e) {
      throw e;
    } catch (DeviceMemoryException e) {
      LOG.warn("{}: the next steps are smaller", e.getMessage());
      scheduler.shrinkSteps(plan);
      if (plan.tokenCount() > 1 && plan.size() == 1) {
        return; // nothing is committed, so the next step plans these tokens again, but fewer
      }
      isolate(plan, e);
      return;
    } catch (RuntimeException e) {
      isolate(plan, e);
      return;
    }
    long computed = System.nanoTime();
    computedTokens += plan.tokenCount();
    generatedTokens += sampled.size();
    List<Sequence> ended = scheduler.commit(plan, sampled);
    long inNativeCode = model.nativeNanos();
    StepReport.Times times =
        new StepReport.Times(
            scheduling,
            computed - start - inNativeCode,
            inNativeCode,
            System.nanoTime() - computed);
    listener.stepped(StepReport.of(plan, sampled.size(), times));
    ended.forEach(this::reportEnded);
  }

  private void isolate(StepPlan plan, RuntimeException cause) {
    if (plan.size() == 1) {
      fail(plan.chunks().get(0).sequence(), cause);
    } else {
      compute(plan.firstHalf(), 0);
      compute(plan.secondHalf(), 0);
    }
  }

  private void fail(Sequence guilty, RuntimeException cause) {
    scheduler.drop(guilty);
    outcomes.failed(
        guilty,
        new GenerationException(
            GenerationException.Code.GENERATION_FAILED,
            "the model failed on this request alone: " + cause.getMessage(),
            cause));
  }

  private void reportEnded(Sequence sequence) {
    report(
        sequence,
        GenerationException.Code.GENERATION_FAILED,
        "the logits after %d tokens are not finite: the checkpoint or its precision is at fault"
            .formatted(sequence.length()));
  }

  private void reportExpired(Sequence sequence) {
    report(
        sequence,
        GenerationException.Code.DEADLINE_EXPIRED,
        "the deadline %s passed while the request waited for the model"
            .formatted(sequence.request().deadline().orElseThrow()));
  }

  private void report(Sequence sequence, GenerationException.Code code, String whyUnfinished) {
    if (sequence.isFinished()) {
      outcomes.finished(sequence);
    } else {
      outcomes.failed(sequence, new GenerationException(code, whyUnfinished));
    }
  }
}
