package dev.millrace.job.generate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.apache.flink.streaming.api.watermark.Watermark;

/**
 * Keeps watermarks back until every request that arrived before them has its outcome, so that an
 * outcome is never late by its own watermark. Requests and watermarks share one line: a request has
 * a ticket, a watermark stands before the next one to be given out.
 */
final class HeldWatermarks {
  private record Held(Watermark watermark, long nextTicket) {}

  private final Deque<Held> held = new ArrayDeque<>();

  /** Adds a watermark that arrived before {@code nextTicket} was given out. */
  void hold(Watermark watermark, long nextTicket) {
    if (!held.isEmpty() && held.getLast().nextTicket() == nextTicket) {
      held.removeLast(); // no request in between: the later one says it all
    }
    held.addLast(new Held(watermark, nextTicket));
  }

  /** Takes out the next watermark if no ticket before it is outstanding any more. */
  Optional<Watermark> release(long oldestTicket) {
    if (held.isEmpty() || held.getFirst().nextTicket() > oldestTicket) {
      return Optional.empty();
    }
    return Optional.of(held.removeFirst().watermark());
  }
}
