package dev.millrace.engine.model;

import dev.millrace.engine.Device;
import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.Precision;
import dev.millrace.engine.cache.CacheCopy;
import dev.millrace.engine.scheduler.Chunk;
import dev.millrace.engine.scheduler.SampledToken;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A model without arithmetic: the next token is a pure function of every token it can read through
 * the cache, so a wrong slot, a skipped token or a range given away too early changes the answer.
 */
public final class FakeModel implements Model {
  public static final int END_OF_SEQUENCE = 0;
  private static final int VOCABULARY = 1000;
  private static final int UNWRITTEN = -1;

  private final int[] slots;
  private final Set<Sequence> poison = new HashSet<>();
  private Predicate<StepPlan> outOfMemory = plan -> false;
  private boolean lost;
  private final List<StepPlan> plans = new ArrayList<>();

  public FakeModel(int cacheCapacity) {
    slots = new int[cacheCapacity];
    Arrays.fill(slots, UNWRITTEN);
  }

  /** The token that follows these. */
  public static int next(int... tokens) {
    int hash = 17;
    for (int token : tokens) {
      hash = hash * 31 + token;
      hash ^= hash >>> 15;
    }
    return Math.floorMod(hash, VOCABULARY);
  }

  /** Makes every step with this sequence in it fail. */
  public void poison(Sequence sequence) {
    poison.add(sequence);
  }

  /** Makes the steps that match fail for want of memory. */
  public void failOn(Predicate<StepPlan> plan) {
    outOfMemory = plan;
  }

  /** Makes the next step lose the device. */
  public void loseDevice() {
    lost = true;
  }

  public List<StepPlan> plans() {
    return plans;
  }

  @Override
  public List<SampledToken> forward(StepPlan plan) {
    if (lost) {
      throw new DeviceLostException("fake is lost", new IllegalStateException("CUDA error"));
    }
    if (outOfMemory.test(plan)) {
      throw new DeviceMemoryException("no memory left", null);
    }
    plans.add(plan);
    List<SampledToken> sampled = new ArrayList<>();
    for (Chunk chunk : plan.chunks()) {
      if (poison.contains(chunk.sequence())) {
        throw new IllegalStateException("poisoned");
      }
      write(chunk);
      int next = next(read(chunk));
      if (chunk.samples()) {
        sampled.add(SampledToken.of(next));
      }
    }
    return sampled;
  }

  private void write(Chunk chunk) {
    Sequence sequence = chunk.sequence();
    for (CacheCopy copy : sequence.copies()) {
      System.arraycopy(slots, copy.from(), slots, copy.to(), copy.count());
    }
    for (int position = chunk.start(); position < chunk.end(); position++) {
      slots[sequence.cache().start() + position] = sequence.token(position);
    }
  }

  private int[] read(Chunk chunk) {
    int start = chunk.sequence().cache().start();
    return Arrays.copyOfRange(slots, start, start + chunk.end());
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo(
        "fake",
        Device.cpu(),
        Precision.FLOAT32,
        slots.length,
        VOCABULARY,
        Set.of(END_OF_SEQUENCE),
        slots.length);
  }

  @Override
  public void close() {}
}
