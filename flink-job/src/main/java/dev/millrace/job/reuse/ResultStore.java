package dev.millrace.job.reuse;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ReuseSettings;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyedStateBackend;
import org.apache.flink.runtime.state.VoidNamespace;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finished results by {@link ResultKey}, in Flink's keyed state: in every checkpoint, redistributed
 * with their keys, gone after their time to live. A result is kept as the Avro record it was
 * written as, which every later version can read. Task thread only.
 */
public final class ResultStore {
  private static final Logger LOG = LoggerFactory.getLogger(ResultStore.class);
  private static final String STATE_NAME = "results";
  private static final RecordCodec<GenerationResult> CODEC = RecordCodec.of(GenerationResult.class);

  private final TaskInfo task;
  private final KeyedStateBackend<String> keys;
  private final ValueState<byte[]> results;
  private final int maxResults;

  /** The keys with a result, oldest first as far as known; those after a restore in any order. */
  private final Set<String> stored = new LinkedHashSet<>();

  private ResultStore(
      TaskInfo task, KeyedStateBackend<String> keys, ValueState<byte[]> results, int maxResults) {
    this.task = requireNonNull(task, "task");
    this.keys = requireNonNull(keys, "keys");
    this.results = requireNonNull(results, "results");
    this.maxResults = maxResults;
  }

  /** Opens the store in a task's keyed state, with what a checkpoint brought back. */
  public static ResultStore open(
      TaskInfo task,
      KeyedStateStore state,
      KeyedStateBackend<String> keys,
      ReuseSettings settings) {
    ValueStateDescriptor<byte[]> descriptor =
        new ValueStateDescriptor<>(
            STATE_NAME, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    descriptor.enableTimeToLive(StateTtlConfig.newBuilder(settings.timeToLive()).build());
    ResultStore store =
        new ResultStore(task, keys, state.getState(descriptor), settings.maxResults());
    try (Stream<String> restored = keys.getKeys(STATE_NAME, VoidNamespace.INSTANCE)) {
      restored.forEach(store.stored::add);
    }
    return store;
  }

  /** Whether the key belongs to this task: another's state must not be touched. */
  public boolean owns(String key) {
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
            key, task.getMaxNumberOfParallelSubtasks(), task.getNumberOfParallelSubtasks())
        == task.getIndexOfThisSubtask();
  }

  /** The result of an equal request that the model with these weights has answered. */
  public Optional<GenerationResult> find(String key, String weightsHash) {
    keys.setCurrentKey(key);
    try {
      byte[] bytes = results.value();
      return bytes == null
          ? Optional.empty()
          : Optional.of(CODEC.decode(bytes))
              .filter(result -> result.getProvenance().getWeightsHash().equals(weightsHash));
    } catch (RecordFormatException e) {
      LOG.warn("a stored result cannot be read and is made again: {}", e.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("Flink's state cannot be read", e);
    }
  }

  /** Keeps a result for its time to live, unless it is among the oldest of too many. */
  public void put(String key, GenerationResult result) {
    keys.setCurrentKey(key);
    try {
      results.update(CODEC.encode(result));
    } catch (IOException e) {
      throw new IllegalStateException("Flink's state cannot be written", e);
    }
    stored.remove(key);
    stored.add(key);
    if (stored.size() > maxResults) {
      forgetOldest();
    }
  }

  private void forgetOldest() {
    Iterator<String> oldest = stored.iterator();
    keys.setCurrentKey(oldest.next());
    results.clear();
    oldest.remove();
  }
}
