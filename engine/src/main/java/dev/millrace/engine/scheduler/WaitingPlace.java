package dev.millrace.engine.scheduler;

import static java.util.Comparator.comparing;

import dev.millrace.engine.Tenant;
import java.time.Instant;
import java.util.Comparator;
import java.util.concurrent.atomic.LongAdder;

/** A waiting sequence's place in the queue. Its level must not change while it is in a line. */
final class WaitingPlace {
  /** Higher level first, then the earlier deadline, then the earlier arrival. */
  static final Comparator<WaitingPlace> BY_URGENCY =
      comparing(WaitingPlace::level)
          .reversed()
          .thenComparing(WaitingPlace::deadline)
          .thenComparing(place -> place.arrival);

  static final Comparator<WaitingPlace> BY_DEADLINE =
      comparing(WaitingPlace::deadline).thenComparing(place -> place.arrival);

  private final Sequence sequence;
  private final long arrival;
  private final LongAdder looks;
  private long level;

  /**
   * @param looks counts how often this place is looked at
   */
  WaitingPlace(Sequence sequence, long arrival, LongAdder looks) {
    this.sequence = sequence;
    this.arrival = arrival;
    this.looks = looks;
    level = sequence.request().priority();
  }

  Sequence sequence() {
    looks.increment();
    return sequence;
  }

  Tenant tenant() {
    return sequence.request().tenant();
  }

  Instant deadline() {
    looks.increment();
    return sequence.request().deadline().orElse(Instant.MAX);
  }

  private long level() {
    looks.increment();
    return level;
  }

  void rise() {
    level++;
  }
}
