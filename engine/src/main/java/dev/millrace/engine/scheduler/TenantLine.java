package dev.millrace.engine.scheduler;

import java.util.Comparator;
import java.util.TreeSet;

/** What waits for one tenant, most urgent first, and how much the tenant was served. */
final class TenantLine {
  static final Comparator<TenantLine> LEAST_SERVED_FIRST =
      Comparator.comparingDouble(TenantLine::served).thenComparing(TenantLine::name);

  private final String name;
  private final TreeSet<WaitingPlace> places = new TreeSet<>(WaitingPlace.BY_URGENCY);

  /** Tokens over the share; it must not change while the line is in a sorted set. */
  private double served;

  TenantLine(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  double served() {
    return served;
  }

  boolean isEmpty() {
    return places.isEmpty();
  }

  WaitingPlace head() {
    return places.first();
  }

  void add(WaitingPlace place) {
    places.add(place);
  }

  void remove(WaitingPlace place) {
    places.remove(place);
  }

  /** Moves the place to where its new level belongs. */
  void raise(WaitingPlace place) {
    places.remove(place);
    place.rise();
    places.add(place);
  }

  /** A tenant that comes back has saved nothing up while it was away. */
  void startNoEarlierThan(double now) {
    served = Math.max(served, now);
  }

  void charge(WaitingPlace place) {
    served += place.sequence().request().maxLength() / place.tenant().share();
  }
}
