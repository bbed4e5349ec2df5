package dev.millrace.job.generate;

import dev.millrace.engine.Completion;
import dev.millrace.job.outcome.GoldTally;
import java.util.Collection;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** What the operator counts, in the group {@code millrace}. */
final class GenerateMetrics {
  private final MetricGroup group;
  private final Counter completions;
  private final Counter reusedResults;
  private final Counter deadLetters;
  private final Counter promptTokens;
  private final Counter completionTokens;
  private final Counter resumedTokens;

  GenerateMetrics(MetricGroup operator, IntSupplier inFlight, LongSupplier engineTokens) {
    group = operator.addGroup("millrace");
    completions = group.counter("completions");
    reusedResults = group.counter("reusedResults");
    deadLetters = group.counter("deadLetters");
    promptTokens = group.counter("promptTokens");
    completionTokens = group.counter("completionTokens");
    resumedTokens = group.counter("resumedTokens");
    group.gauge("inFlight", (Gauge<Integer>) inFlight::getAsInt);
    group.gauge("engineTokens", (Gauge<Long>) engineTokens::getAsLong);
  }

  /** Reports how well tasks label the records whose label is known. */
  void reportGold(GoldTally gold, Collection<String> tasks) {
    for (String task : tasks) {
      MetricGroup ofTask = group.addGroup("task", task);
      ofTask.gauge("goldRecords", (Gauge<Long>) () -> gold.records(task));
      ofTask.gauge("goldAccuracy", (Gauge<Double>) () -> gold.accuracy(task));
    }
  }

  void completed(Completion completion) {
    completions.inc();
    promptTokens.inc(completion.usage().promptTokens());
    completionTokens.inc(completion.usage().completionTokens());
    resumedTokens.inc(completion.usage().resumedTokens());
  }

  void reused() {
    completions.inc();
    reusedResults.inc();
  }

  void refused() {
    deadLetters.inc();
  }
}
