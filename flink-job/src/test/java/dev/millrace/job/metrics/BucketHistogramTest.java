package dev.millrace.job.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class BucketHistogramTest {
  private final Map<String, Metric> metrics = new TreeMap<>();

  @Test
  void eachBucketCountsWhatIsAtMostItsBound() {
    BucketHistogram histogram =
        BucketHistogram.register(new Recording("", metrics), "seconds", 0.5, 1, 2.5);
    for (double value : new double[] {0.1, 0.5, 0.7, 2, 99}) {
      histogram.observe(value);
    }

    assertThat(count("seconds.le.0.5.bucket")).isEqualTo(2);
    assertThat(count("seconds.le.1.bucket")).isEqualTo(3);
    assertThat(count("seconds.le.2.5.bucket")).isEqualTo(4);
    assertThat(count("seconds.le.+Inf.bucket")).isEqualTo(5);
    assertThat(count("seconds.count")).isEqualTo(5);
    assertThat(((Gauge<?>) metrics.get("seconds.sum")).getValue()).isEqualTo(102.3);
  }

  private long count(String name) {
    return ((Counter) metrics.get(name)).getCount();
  }

  /** A group that keeps what is registered, by its whole name. */
  private static final class Recording extends UnregisteredMetricsGroup {
    private final String prefix;
    private final Map<String, Metric> metrics;

    Recording(String prefix, Map<String, Metric> metrics) {
      this.prefix = prefix;
      this.metrics = metrics;
    }

    @Override
    public org.apache.flink.metrics.MetricGroup addGroup(String name) {
      return new Recording(prefix + name + ".", metrics);
    }

    @Override
    public org.apache.flink.metrics.MetricGroup addGroup(String key, String value) {
      return new Recording(prefix + key + "." + value + ".", metrics);
    }

    @Override
    public Counter counter(String name) {
      Counter counter = super.counter(name);
      metrics.put(prefix + name, counter);
      return counter;
    }

    @Override
    public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
      metrics.put(prefix + name, gauge);
      return gauge;
    }
  }
}
