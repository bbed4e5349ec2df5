package dev.millrace.job.reuse;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Which requests in flight wait for an equal one. The first with a key leads and generates; those
 * after it wait, in order of arrival. Requests are known by their tickets. Task thread only.
 */
public final class Duplicates {
  /** So that an endless stream of one prompt is not read into memory while the first runs. */
  private static final int MOST_WAITING = 10_000;

  private final Map<String, Deque<Long>> waitingByKey = new HashMap<>();
  private int waiting;

  /** Whether a request with this key leads. */
  public boolean isLed(String key) {
    return waitingByKey.containsKey(key);
  }

  /** Whether no more should be read before some are over. */
  public boolean isFull() {
    return waiting >= MOST_WAITING;
  }

  public void lead(String key) {
    waitingByKey.putIfAbsent(key, new ArrayDeque<>());
  }

  /** Has a request wait for the one that leads. */
  public void await(String key, long ticket) {
    waitingByKey.get(key).add(ticket);
    waiting++;
  }

  /** Whether the request was waiting. */
  public boolean leave(String key, long ticket) {
    boolean left = waitingByKey.getOrDefault(key, new ArrayDeque<>()).remove(ticket);
    if (left) {
      waiting--;
    }
    return left;
  }

  /** Ends the lead with this key and gives those that waited for it, in order. */
  public Collection<Long> disband(String key) {
    Deque<Long> tickets = waitingByKey.getOrDefault(key, new ArrayDeque<>());
    waitingByKey.remove(key);
    waiting -= tickets.size();
    return tickets;
  }
}
