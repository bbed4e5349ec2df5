package dev.millrace.engine.scheduler;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Lets tenants take turns by start-time fair queueing (Goyal, Vin, Cheng: Start-time Fair Queueing,
 * SIGCOMM 1996): next is the tenant that was admitted the fewest tokens in proportion to its share.
 * What a tenant was admitted is remembered only while others wait.
 */
final class FairTurns {
  private final Map<String, TenantLine> lines = new HashMap<>();
  private final TreeSet<TenantLine> waiting = new TreeSet<>(TenantLine.LEAST_SERVED_FIRST);
  private final TreeSet<TenantLine> away = new TreeSet<>(TenantLine.LEAST_SERVED_FIRST);

  /** How much those whose turn it is were served: virtual time. */
  private double now;

  Optional<WaitingPlace> head() {
    return waiting.isEmpty() ? Optional.empty() : Optional.of(waiting.first().head());
  }

  void add(WaitingPlace place) {
    TenantLine line = lines.computeIfAbsent(place.tenant().name(), TenantLine::new);
    if (line.isEmpty()) {
      away.remove(line);
      line.startNoEarlierThan(now);
      waiting.add(line);
    }
    line.add(place);
  }

  void raise(WaitingPlace place) {
    line(place).raise(place);
  }

  void remove(WaitingPlace place) {
    TenantLine line = line(place);
    line.remove(place);
    if (line.isEmpty()) {
      waiting.remove(line);
      leave(line);
    }
  }

  /** Takes the place out because it is served, on its tenant's account. */
  void serve(WaitingPlace place) {
    TenantLine line = line(place);
    waiting.remove(line);
    now = Math.max(now, line.served());
    line.remove(place);
    line.charge(place);
    if (line.isEmpty()) {
      leave(line);
    } else {
      waiting.add(line);
    }
  }

  private TenantLine line(WaitingPlace place) {
    return lines.get(place.tenant().name());
  }

  private void leave(TenantLine line) {
    away.add(line);
    while (!away.isEmpty() && (waiting.isEmpty() || away.first().served() <= now)) {
      lines.remove(away.pollFirst().name());
    }
  }
}
