package dev.millrace.engine.scheduler;

import static java.util.Comparator.comparing;

import dev.millrace.engine.Tenant;
import java.time.Instant;
import java.util.Comparator;

/** A waiting sequence's place in the queue. Its level must not change while it is in a line. */
final class WaitingPlace {
  /** Higher level first, then the earlier deadline, then the earlier arrival. */
  static final Comparator<WaitingPlace> BY_URGENCY =
      comparing((WaitingPlace place) -> place.level)
          .reversed()
          .thenComparing(WaitingPlace::deadline)
          .thenComparing(place -> place.arrival);

  static final Comparator<WaitingPlace> BY_DEADLINE =
      comparing(WaitingPlace::deadline).thenComparing(place -> place.arrival);

  private final Sequence sequence;
  private final long arrival;
  private long level;

  WaitingPlace(Sequence sequence, long arrival) {
    this.sequence = sequence;
    this.arrival = arrival;
    level = sequence.request().priority();
  }

  Sequence sequence() {
    return sequence;
  }

  Tenant tenant() {
    return sequence.request().tenant();
  }

  Instant deadline() {
    return sequence.request().deadline().orElse(Instant.MAX);
  }

  void rise() {
    level++;
  }
}
