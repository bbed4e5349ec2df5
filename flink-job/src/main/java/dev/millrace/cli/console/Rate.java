package dev.millrace.cli.console;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How fast a count rises, even where it is only seen to rise now and then: outcomes come with each
 * commit, Flink's metrics every few seconds. Not safe for use by several threads.
 */
final class Rate {
  private static final long WINDOW_MS = 15_000;
  private static final long LONGEST_START_MS = 5_000;
  private static final long GRACE_MS = 2_000;
  private static final double MS_PER_SECOND = 1e3;

  private record Change(long at, double value) {}

  private final Deque<Change> changes = new ArrayDeque<>();

  /** The count at a moment. One that fell has begun anew. */
  void update(long now, double value) {
    if (changes.isEmpty() || value < changes.getLast().value()) {
      changes.clear();
      changes.add(new Change(now, value));
    } else if (value > changes.getLast().value() && now > changes.getLast().at()) {
      if (now - changes.getLast().at() > WINDOW_MS) {
        startAfterPause(now);
      }
      changes.add(new Change(now, value));
      forget(now);
    }
  }

  /** 0 while nothing changes for much longer than it used to take. */
  double perSecond(long now) {
    if (changes.size() < 2) {
      return 0;
    }
    Change last = changes.removeLast();
    long interval = last.at() - changes.getLast().at();
    changes.addLast(last);
    if (now - last.at() > 2 * interval + GRACE_MS) {
      return 0;
    }
    Change first = changes.getFirst();
    return (last.value() - first.value()) * MS_PER_SECOND / (last.at() - first.at());
  }

  private void startAfterPause(long now) {
    double value = changes.getLast().value();
    changes.clear();
    changes.add(new Change(now - LONGEST_START_MS, value));
  }

  private void forget(long now) {
    while (changes.size() > 2 && now - changes.getFirst().at() > WINDOW_MS) {
      changes.removeFirst();
    }
  }
}
