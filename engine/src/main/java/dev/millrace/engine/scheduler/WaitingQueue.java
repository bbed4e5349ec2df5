package dev.millrace.engine.scheduler;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;

/**
 * Sequences that wait for cache. Tenants take turns by their shares; within a tenant the higher
 * priority comes first, then the earlier deadline, then the earlier arrival. Each {@link #PATIENCE}
 * that a sequence has waited counts as one priority more, so that none waits for ever behind
 * others' urgency.
 *
 * <p>Adding and removing cost the logarithm of the queue's length, looking at the head nothing;
 * what a step costs does not depend on how many wait.
 */
final class WaitingQueue {
  /** How long a sequence waits until it is as urgent as a newcomer of the next priority. */
  static final Duration PATIENCE = Duration.ofMinutes(1);

  /** So that no step pays for the ageing of thousands that came together. */
  private static final int MOST_RAISED_AT_A_TIME = 64;

  private final Map<Sequence, WaitingPlace> places = new HashMap<>();
  private final FairTurns turns = new FairTurns();
  private final TreeSet<WaitingPlace> deadlines = new TreeSet<>(WaitingPlace.BY_DEADLINE);

  /** Since when each place has its level, the longest first. */
  private final Map<WaitingPlace, Instant> ages = new LinkedHashMap<>();

  private final List<WaitingPlace> newcomers = new ArrayList<>();
  private long arrivals;
  private final LongAdder looks = new LongAdder();

  void add(Sequence sequence) {
    WaitingPlace place = new WaitingPlace(sequence, arrivals++, looks);
    places.put(sequence, place);
    turns.add(place);
    newcomers.add(place);
    if (sequence.request().deadline().isPresent()) {
      deadlines.add(place);
    }
  }

  int size() {
    return places.size();
  }

  Optional<Sequence> head() {
    return turns.head().map(WaitingPlace::sequence);
  }

  /** Takes the sequence out because its turn has come. */
  void admit(Sequence sequence) {
    forget(sequence).ifPresent(turns::serve);
  }

  /** Whether it was waiting. */
  boolean remove(Sequence sequence) {
    Optional<WaitingPlace> place = forget(sequence);
    place.ifPresent(turns::remove);
    return place.isPresent();
  }

  /** Raises those that have waited for long; whoever is new begins to wait now. */
  void age(Instant now) {
    newcomers.stream()
        .filter(place -> places.containsKey(place.sequence()))
        .forEach(place -> ages.put(place, now));
    newcomers.clear();
    List<WaitingPlace> impatient = new ArrayList<>();
    Iterator<Map.Entry<WaitingPlace, Instant>> oldest = ages.entrySet().iterator();
    while (oldest.hasNext() && impatient.size() < MOST_RAISED_AT_A_TIME) {
      Map.Entry<WaitingPlace, Instant> age = oldest.next();
      if (age.getValue().plus(PATIENCE).isAfter(now)) {
        break;
      }
      impatient.add(age.getKey());
    }
    for (WaitingPlace place : impatient) {
      turns.raise(place);
      ages.remove(place);
      ages.put(place, now);
    }
  }

  /** Those whose deadline has passed; they still wait. */
  List<Sequence> expired(Instant now) {
    List<Sequence> expired = new ArrayList<>();
    for (WaitingPlace place : deadlines) {
      if (!place.deadline().isBefore(now)) {
        break;
      }
      expired.add(place.sequence());
    }
    return expired;
  }

  /** How often a place was looked at, for tests that a long queue costs a step nothing. */
  long looks() {
    return looks.sum();
  }

  private Optional<WaitingPlace> forget(Sequence sequence) {
    WaitingPlace place = places.remove(sequence);
    if (place == null) {
      return Optional.empty();
    }
    ages.remove(place);
    deadlines.remove(place);
    return Optional.of(place);
  }
}
