package dev.millrace.job.metrics;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/**
 * A histogram with fixed buckets, as Prometheus wants it: series with the label {@code le} count
 * the values that are at most a bound, so that they can be added up over tasks and quantiles be
 * taken of the sum. Flink's own histograms are quantiles already, which cannot be added up.
 *
 * <p>Series: {@code NAME_le_bucket}, {@code NAME_count} and {@code NAME_sum}. Confined to one
 * thread, but for the reporters, which read.
 */
public final class BucketHistogram {
  private final double[] bounds;
  private final Counter[] atMost;
  private final Counter count;

  /** Written by the one thread, read by reporters. */
  private volatile double sum;

  private BucketHistogram(double[] bounds, Counter[] atMost, Counter count) {
    this.bounds = bounds;
    this.atMost = atMost;
    this.count = count;
  }

  /**
   * Registers the series.
   *
   * @param bounds upper bounds, rising; infinity is added
   */
  static BucketHistogram register(MetricGroup parent, String name, double... bounds) {
    requireNonNull(name, "name");
    MetricGroup group = parent.addGroup(name);
    double[] all = Arrays.copyOf(bounds, bounds.length + 1);
    all[bounds.length] = Double.POSITIVE_INFINITY;
    Counter[] atMost = new Counter[all.length];
    for (int i = 0; i < all.length; i++) {
      atMost[i] = group.addGroup("le", label(all[i])).counter("bucket");
    }
    BucketHistogram histogram = new BucketHistogram(all, atMost, group.counter("count"));
    group.gauge("sum", (Gauge<Double>) () -> histogram.sum);
    return histogram;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  public void observe(double value) {
    for (int i = bounds.length - 1; i >= 0 && value <= bounds[i]; i--) {
      atMost[i].inc();
    }
    count.inc();
    sum += value;
  }

  private static String label(double bound) {
    if (Double.isInfinite(bound)) {
      return "+Inf";
    }
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }
}
