package dev.millrace.engine.cache;

/** {@code count} token slots whose keys and values another place of the pool gets too. */
public record CacheCopy(int from, int to, int count) {

  /** Whether {@code next} goes on where this copy ends, on both sides. */
  boolean meets(CacheCopy next) {
    return from + count == next.from && to + count == next.to;
  }

  CacheCopy with(CacheCopy next) {
    return new CacheCopy(from, to, count + next.count);
  }
}
