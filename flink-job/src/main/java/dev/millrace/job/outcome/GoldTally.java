package dev.millrace.job.outcome;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many of the records whose label is known were labelled rightly, by task, since the job was
 * started. Written by the task thread, read by any.
 */
public final class GoldTally {
  private record Counts(AtomicLong right, AtomicLong all) {}

  private final Map<String, Counts> byTask = new ConcurrentHashMap<>();

  void count(String task, boolean right) {
    Counts counts = counts(task);
    if (right) {
      counts.right().incrementAndGet();
    }
    counts.all().incrementAndGet();
  }

  /** Gold records seen. */
  public long records(String task) {
    return counts(task).all().get();
  }

  /** The share of them that was labelled rightly; NaN before the first. */
  public double accuracy(String task) {
    Counts counts = counts(task);
    return (double) counts.right().get() / counts.all().get();
  }

  private Counts counts(String task) {
    return byTask.computeIfAbsent(task, name -> new Counts(new AtomicLong(), new AtomicLong()));
  }
}
