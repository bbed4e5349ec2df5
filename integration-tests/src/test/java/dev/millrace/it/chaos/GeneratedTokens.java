package dev.millrace.it.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;
import org.apache.flink.metrics.reporter.Scheduled;

/**
 * How many tokens all engines of a cluster have generated, those of killed processes included. Each
 * task manager keeps its count in a memory-mapped file, which the kernel keeps when the process is
 * killed; a count is up to {@link #INTERVAL_MILLIS} old.
 */
final class GeneratedTokens {
  static final int INTERVAL_MILLIS = 50;
  private static final String DIRECTORY = "directory";
  private static final String GAUGE = "engineTokens";

  private final Path directory;

  GeneratedTokens(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /** Flink's settings that make every task manager count. */
  Map<String, String> settings() {
    return Map.of(
        "metrics.reporters",
        "tokens",
        "metrics.reporter.tokens.factory.class",
        Factory.class.getName(),
        "metrics.reporter.tokens.interval",
        INTERVAL_MILLIS + " ms",
        "metrics.reporter.tokens." + DIRECTORY,
        directory.toString());
  }

  long total() {
    try (Stream<Path> files = Files.list(directory)) {
      return files.mapToLong(GeneratedTokens::read).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long read(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      return bytes.length < Long.BYTES ? 0 : ByteBuffer.wrap(bytes).getLong();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Found by Flink through the class path. */
  public static final class Factory implements MetricReporterFactory {
    @Override
    public MetricReporter createMetricReporter(Properties properties) {
      return new Reporter();
    }
  }

  private static final class Reporter implements MetricReporter, Scheduled {
    private final Set<Gauge<?>> gauges = ConcurrentHashMap.newKeySet();
    private MappedByteBuffer file;
    private long last;
    private long total;

    @Override
    public void open(MetricConfig config) {
      Path path =
          Path.of(config.getString(DIRECTORY, "."), ProcessHandle.current().pid() + ".tokens");
      try (FileChannel channel =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        file = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
      if (name.equals(GAUGE)) {
        gauges.add((Gauge<?>) metric);
      }
    }

    @Override
    public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {
      if (name.equals(GAUGE)) {
        report();
        gauges.remove((Gauge<?>) metric);
      }
    }

    /** All tasks of a process share an engine; one that was opened anew counts from 0. */
    @Override
    public synchronized void report() {
      if (gauges.isEmpty()) {
        return;
      }
      long now = gauges.stream().mapToLong(gauge -> (Long) gauge.getValue()).max().orElseThrow();
      total += now < last ? now : now - last;
      last = now;
      file.putLong(0, total);
    }

    @Override
    public void close() {
      file.force();
    }
  }
}
