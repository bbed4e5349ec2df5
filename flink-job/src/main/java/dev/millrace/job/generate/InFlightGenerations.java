package dev.millrace.job.generate;

import dev.millrace.job.record.InFlightCompound;
import dev.millrace.job.record.InFlightGeneration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The prompts of this task that have no outcome yet, by their ticket. Task thread only. */
final class InFlightGenerations {
  private final TreeMap<Long, Running> byTicket = new TreeMap<>();
  private long nextTicket;

  /** The ticket that {@link #add} gives out next. */
  long nextTicket() {
    return nextTicket;
  }

  /** The oldest ticket that has no outcome, or the next one to be given out. */
  long oldestTicket() {
    return byTicket.isEmpty() ? nextTicket : byTicket.firstKey();
  }

  long add(Running prompt) {
    long ticket = nextTicket;
    put(ticket, prompt);
    return ticket;
  }

  /** Adds a prompt under the next ticket, or under one whose prompt was taken out. */
  void put(long ticket, Running prompt) {
    if (ticket > nextTicket || byTicket.putIfAbsent(ticket, prompt) != null) {
      throw new IllegalArgumentException("ticket " + ticket + " is not to be had");
    }
    nextTicket = Math.max(nextTicket, ticket + 1);
  }

  /** Takes a single generation out; empty if it is not there any more. */
  Optional<RunningGeneration> remove(long ticket) {
    return Optional.ofNullable((RunningGeneration) byTicket.remove(ticket));
  }

  /** Takes any prompt out; says whether it was still there. */
  boolean drop(long ticket) {
    return byTicket.remove(ticket) != null;
  }

  boolean isEmpty() {
    return byTicket.isEmpty();
  }

  int size() {
    return byTicket.size();
  }

  Collection<Running> all() {
    return byTicket.values();
  }

  boolean contains(long ticket) {
    return byTicket.containsKey(ticket);
  }

  /** What a checkpoint at time {@code now} keeps of single generations. */
  List<InFlightGeneration> snapshot(long now) {
    return of(RunningGeneration.class).map(running -> running.snapshot(now)).toList();
  }

  /** What a checkpoint at time {@code now} keeps of compound tasks. */
  List<InFlightCompound> compoundSnapshot(long now) {
    return of(RunningCompound.class).map(running -> running.snapshot(now)).toList();
  }

  private <T> Stream<T> of(Class<T> kind) {
    return byTicket.values().stream().filter(kind::isInstance).map(kind::cast);
  }
}
