package dev.millrace.engine.scheduler;

import static java.util.Comparator.comparing;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Sequences that wait for cache: higher priority first, then the earlier deadline, then the earlier
 * arrival. Adding and removing cost the logarithm of the queue's length, looking at the head
 * nothing.
 */
final class WaitingQueue {
  private record Place(Sequence sequence, long arrival) {}

  private static final Comparator<Place> ORDER =
      comparing((Place place) -> place.sequence().request().priority())
          .reversed()
          .thenComparing(place -> place.sequence().request().deadline().orElse(Instant.MAX))
          .thenComparing(Place::arrival);

  private final TreeSet<Place> queue = new TreeSet<>(ORDER);
  private final Map<Sequence, Place> places = new HashMap<>();
  private long arrivals;

  void add(Sequence sequence) {
    Place place = new Place(sequence, arrivals++);
    places.put(sequence, place);
    queue.add(place);
  }

  Optional<Sequence> head() {
    return queue.isEmpty() ? Optional.empty() : Optional.of(queue.first().sequence());
  }

  /** Whether it was waiting. */
  boolean remove(Sequence sequence) {
    Place place = places.remove(sequence);
    return place != null && queue.remove(place);
  }

  int size() {
    return queue.size();
  }
}
