package dev.millrace.engine.scheduler;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.cache.CacheLease;
import dev.millrace.engine.cache.KvCache;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what each step of the model computes. It knows tokens, not tensors.
 *
 * <p>There are no phases. A sequence has {@code computed} and {@code length}; a step computes
 * {@code min(length - computed, what is left of the step's tokens)} of each, in order of admission.
 * So a prompt that is longer than a step is computed in chunks, and since only the sequence
 * admitted last can be in the middle of its prompt, a long prompt never holds up those that already
 * answer.
 *
 * <p>What the cache already holds of a prompt need not be computed. A sequence that begins with
 * what a running one is computing is held until that is in the cache.
 *
 * <p>Whoever calls {@link #next} computes the plan and hands the outcome to {@link #commit}, or
 * {@linkplain #drop drops} the sequences that failed. Not thread-safe: confined to the engine
 * thread.
 */
public final class Scheduler {

  /**
   * @param stepTokens the most tokens a step computes
   * @param maxRunning the most sequences that hold cache at the same time
   */
  public record Limits(int stepTokens, int maxRunning) {
    public Limits {
      if (stepTokens < 1 || maxRunning < 1) {
        throw new IllegalArgumentException(
            "step tokens %d and running sequences %d must be at least 1"
                .formatted(stepTokens, maxRunning));
      }
    }
  }

  private final Limits limits;
  private final StepBudget budget;
  private final KvCache cache;
  private final WaitingQueue waiting = new WaitingQueue();
  private final Set<Sequence> running = new LinkedHashSet<>();

  /** The sequence for which there is no room before another one gives its cache back. */
  private Optional<Sequence> blocked = Optional.empty();

  private long cachedPromptTokens;

  public Scheduler(Limits limits, KvCache cache) {
    this.limits = requireNonNull(limits);
    budget = new StepBudget(limits.stepTokens());
    this.cache = requireNonNull(cache);
  }

  /**
   * Queues a sequence.
   *
   * @throws IllegalArgumentException if the cache could never hold it
   */
  public void add(Sequence sequence) {
    if (sequence.request().maxLength() > cache.capacity()) {
      throw new IllegalArgumentException(
          "a sequence of up to %d tokens can never fit a cache of %d"
              .formatted(sequence.request().maxLength(), cache.capacity()));
    }
    waiting.add(sequence);
  }

  public boolean isIdle() {
    return running.isEmpty() && waiting.size() == 0;
  }

  public int runningCount() {
    return running.size();
  }

  public int waitingCount() {
    return waiting.size();
  }

  /** Work done on the waiting queue, for tests that a long one costs a step nothing. */
  long queueLooks() {
    return waiting.looks();
  }

  public int maxRunning() {
    return limits.maxRunning();
  }

  public int cacheUsed() {
    return cache.used();
  }

  public int cacheCapacity() {
    return cache.capacity();
  }

  /** Prompt tokens of all admitted sequences that the cache had already. */
  public long cachedPromptTokens() {
    return cachedPromptTokens;
  }

  /** The next step: what runs goes on first, then what waits is admitted while there is room. */
  public StepPlan next() {
    List<Chunk> chunks = new ArrayList<>(running.size() + 1);
    int left = budget.tokens();
    for (Sequence sequence : running) {
      if (left == 0) {
        break;
      }
      left -= plan(sequence, left, chunks);
    }
    while (left > 0) {
      Optional<Sequence> admitted = admitNext();
      if (admitted.isEmpty()) {
        break;
      }
      left -= plan(admitted.get(), left, chunks);
    }
    return new StepPlan(chunks);
  }

  /**
   * Takes the outcome of a plan, or of a part of one.
   *
   * @param sampled one token per chunk that samples, in the plan's order
   * @return the sequences that are over: finished, or left without a finite token
   */
  public List<Sequence> commit(StepPlan plan, List<SampledToken> sampled) {
    budget.succeeded();
    List<Sequence> ended = new ArrayList<>();
    Iterator<SampledToken> tokens = sampled.iterator();
    for (Chunk chunk : plan.chunks()) {
      Sequence sequence = chunk.sequence();
      boolean samples = chunk.samples();
      sequence.advance(chunk.count(), plan.size());
      if (samples && !extend(sequence, tokens.next())) {
        leave(sequence);
        ended.add(sequence);
      }
    }
    return ended;
  }

  /** Makes the next steps smaller, for a while: the device had no memory for this one. */
  public void shrinkSteps(StepPlan plan) {
    budget.shrink(plan.tokenCount());
  }

  /** Ends a sequence before its time, with the tokens it has, unless it is over already. */
  public boolean cancel(Sequence sequence) {
    if (!running.contains(sequence) && !waiting.remove(sequence)) {
      return false;
    }
    sequence.finish(FinishReason.CANCELLED);
    leave(sequence);
    return true;
  }

  /** Forgets a sequence that failed, and all that it computed. */
  public void drop(Sequence sequence) {
    forget(sequence).ifPresent(CacheLease::discard);
  }

  /** Forgets a sequence. What it computed stays in the cache if it finished. */
  private void leave(Sequence sequence) {
    if (sequence.isFinished()) {
      forget(sequence).ifPresent(lease -> lease.end(sequence.computed()));
    } else {
      drop(sequence);
    }
  }

  private Optional<CacheLease> forget(Sequence sequence) {
    waiting.remove(sequence);
    running.remove(sequence);
    blocked = Optional.empty();
    return sequence.release();
  }

  /**
   * Tells what time it is: what waits grows more urgent, and what is past its deadline ends.
   *
   * @return the sequences that expired; one that has tokens keeps them and is finished, one without
   *     has cost nothing and is not
   */
  public List<Sequence> passTime(Instant now) {
    waiting.age(now);
    List<Sequence> expired = waiting.expired(now);
    running.stream().filter(sequence -> isPast(sequence, now)).forEach(expired::add);
    for (Sequence sequence : expired) {
      if (sequence.generatedCount() > 0 || running.contains(sequence)) {
        sequence.finish(FinishReason.DEADLINE);
      }
      leave(sequence);
    }
    return expired;
  }

  private static boolean isPast(Sequence sequence, Instant now) {
    return sequence.request().deadline().filter(deadline -> deadline.isBefore(now)).isPresent();
  }

  private static int plan(Sequence sequence, int left, List<Chunk> chunks) {
    int count = Math.min(sequence.length() - sequence.computed(), left);
    chunks.add(new Chunk(sequence, sequence.computed(), count));
    return count;
  }

  /** Admits in strict order: a long sequence at the head is not overtaken, so it cannot starve. */
  private Optional<Sequence> admitNext() {
    Optional<Sequence> head = waiting.head();
    if (running.size() == limits.maxRunning() || head.equals(blocked)) {
      return Optional.empty();
    }
    return head.filter(sequence -> !cache.isBeingComputed(sequence)).filter(this::admit);
  }

  /** Whether there is room for the sequence. */
  private boolean admit(Sequence sequence) {
    Optional<CacheLease> lease = cache.lease(sequence, sequence.request().maxLength());
    if (lease.isEmpty()) {
      blocked = Optional.of(sequence);
      return false;
    }
    waiting.admit(sequence);
    running.add(sequence);
    sequence.admit(lease.get());
    cachedPromptTokens += sequence.cachedPromptTokens();
    return true;
  }

  /** Whether the sequence goes on after this token. */
  private static boolean extend(Sequence sequence, SampledToken token) {
    return sequence.take(token) && !sequence.isFinished();
  }
}
