package dev.millrace.engine.model;

import dev.millrace.engine.CheckpointException;
import dev.millrace.engine.Device;
import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.Precision;
import dev.millrace.engine.cache.CacheCopy;
import dev.millrace.engine.scheduler.Chunk;
import dev.millrace.engine.scheduler.SampledToken;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;

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
  private final Map<Integer, Integer> adapters = new ConcurrentHashMap<>();
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

  /** The token that follows these with an adapter, which shows in everything that is cached. */
  public static int nextWith(int adapter, int... tokens) {
    return next(IntStream.of(tokens).map(token -> adapted(adapter, token)).toArray());
  }

  private static int adapted(int adapter, int token) {
    return token + adapter * VOCABULARY;
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
    int adapter = sequence.adapter() == 0 ? 0 : adapters.get(sequence.adapter());
    for (int position = chunk.start(); position < chunk.end(); position++) {
      slots[sequence.cache().start() + position] = adapted(adapter, sequence.token(position));
    }
  }

  private int[] read(Chunk chunk) {
    int start = chunk.sequence().cache().start();
    return Arrays.copyOfRange(slots, start, start + chunk.end());
  }

  /** Adapters in memory. */
  public int adapterCount() {
    return adapters.size();
  }

  /** Takes what the one file of the directory says for the number that the adapter shows as. */
  @Override
  public String loadAdapter(int number, Path directory) {
    try {
      String shown = Files.readString(directory.resolve("adapter_model.safetensors"));
      adapters.put(number, Integer.parseInt(shown));
      return "hash of " + shown;
    } catch (IOException | NumberFormatException e) {
      throw new CheckpointException(directory + " holds no adapter", e);
    }
  }

  @Override
  public void dropAdapter(int number) {
    adapters.remove(number);
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
