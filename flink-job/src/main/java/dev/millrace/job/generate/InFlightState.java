package dev.millrace.job.generate;

import dev.millrace.job.record.InFlightCompound;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.job.serialization.InFlightCompoundSerializer;
import dev.millrace.job.serialization.InFlightGenerationSerializer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeutils.base.StringSerializer;

/**
 * The generations in flight as operator state. Those that no key binds to a task are split among
 * the tasks on restore. Those whose duplicates share them must stay with their key, and Flink
 * splits operator state without regard to keys: every task is given all of them and takes its own.
 */
final class InFlightState {
  private static final String SPLIT = "in-flight-generations";
  private static final String KEYED = "in-flight-generations-by-key";
  private static final String COMPOUND = "in-flight-compound-tasks";
  private static final String SCHEMAS = "registry-schemas";

  private final ListState<InFlightGeneration> split;
  private final ListState<InFlightGeneration> keyed;
  private final ListState<InFlightCompound> compound;
  private final ListState<String> schemas;
  private final boolean byKey;

  /**
   * @param byKey which of the two is written; both are read, so that a savepoint may change it
   */
  InFlightState(OperatorStateStore store, boolean byKey) throws Exception {
    split =
        store.getListState(new ListStateDescriptor<>(SPLIT, new InFlightGenerationSerializer()));
    keyed =
        store.getUnionListState(
            new ListStateDescriptor<>(KEYED, new InFlightGenerationSerializer()));
    compound =
        store.getListState(new ListStateDescriptor<>(COMPOUND, new InFlightCompoundSerializer()));
    schemas =
        store.getUnionListState(new ListStateDescriptor<>(SCHEMAS, StringSerializer.INSTANCE));
    this.byKey = byKey;
  }

  /**
   * @param registry what a schema registry said: records in flight are read again with it, whether
   *     or not the registry is there then
   */
  void update(
      List<InFlightGeneration> generations, List<InFlightCompound> compounds, List<String> registry)
      throws Exception {
    schemas.update(registry);
    compound.update(compounds);
    split.update(byKey ? List.of() : generations);
    keyed.update(byKey ? generations : List.of());
  }

  /**
   * What this task goes on with.
   *
   * @param mine chooses among those that all tasks are given; exactly one task must choose each
   */
  List<InFlightGeneration> restored(Predicate<InFlightGeneration> mine) throws Exception {
    List<InFlightGeneration> restored = new ArrayList<>();
    split.get().forEach(restored::add);
    for (InFlightGeneration generation : keyed.get()) {
      if (mine.test(generation)) {
        restored.add(generation);
      }
    }
    return restored;
  }

  /** Tells the directory what it knew when the checkpoint was taken. */
  void restoreSchemas(SchemaDirectory registry) throws Exception {
    registry.restore(schemas.get());
  }

  /** The compound tasks this task goes on with. */
  Iterable<InFlightCompound> restoredCompounds() throws Exception {
    return compound.get();
  }
}
