package dev.millrace.job.generate;

import dev.millrace.job.record.InFlightGeneration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The generations of this task that have no outcome yet, by their ticket. Task thread only. */
final class InFlightGenerations {
  private final TreeMap<Long, RunningGeneration> byTicket = new TreeMap<>();
  private long nextTicket;

  /** The ticket that {@link #add} gives out next. */
  long nextTicket() {
    return nextTicket;
  }

  /** The oldest ticket that has no outcome, or the next one to be given out. */
  long oldestTicket() {
    return byTicket.isEmpty() ? nextTicket : byTicket.firstKey();
  }

  long add(RunningGeneration generation) {
    long ticket = nextTicket;
    put(ticket, generation);
    return ticket;
  }

  /** Adds a generation under the next ticket, or under one whose generation was taken out. */
  void put(long ticket, RunningGeneration generation) {
    if (ticket > nextTicket || byTicket.putIfAbsent(ticket, generation) != null) {
      throw new IllegalArgumentException("ticket " + ticket + " is not to be had");
    }
    nextTicket = Math.max(nextTicket, ticket + 1);
  }

  /** Takes a generation out; empty if it is not there any more. */
  Optional<RunningGeneration> remove(long ticket) {
    return Optional.ofNullable(byTicket.remove(ticket));
  }

  boolean isEmpty() {
    return byTicket.isEmpty();
  }

  int size() {
    return byTicket.size();
  }

  Collection<RunningGeneration> all() {
    return byTicket.values();
  }

  /** What a checkpoint at time {@code now} keeps. */
  List<InFlightGeneration> snapshot(long now) {
    return byTicket.values().stream().map(generation -> generation.snapshot(now)).toList();
  }
}
