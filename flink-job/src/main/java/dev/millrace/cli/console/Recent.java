package dev.millrace.cli.console;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The last few things, numbered in the order they came. Not safe for use by several threads.
 *
 * @param <T> the things
 */
final class Recent<T> {
  private record Numbered<T>(long number, T value) {}

  private final Deque<Numbered<T>> values = new ArrayDeque<>();
  private final int most;

  Recent(int most) {
    this.most = most;
  }

  /** Takes another one, with a number not below the last one's; forgets the oldest if need be. */
  void add(long number, T value) {
    if (values.size() == most) {
      values.removeFirst();
    }
    values.addLast(new Numbered<>(number, value));
  }

  /** Those with a greater number that are still here, oldest first. */
  List<T> after(long number) {
    return values.stream().filter(value -> value.number() > number).map(Numbered::value).toList();
  }
}
