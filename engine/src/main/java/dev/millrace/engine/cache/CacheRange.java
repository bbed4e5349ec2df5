package dev.millrace.engine.cache;

/** Token slots [start, start + size) of the KV cache's pool, owned by one sequence. */
public record CacheRange(int start, int size) {
  public CacheRange {
    if (start < 0 || size < 1) {
      throw new IllegalArgumentException("invalid cache range: start " + start + ", size " + size);
    }
  }

  public int end() {
    return start + size;
  }
}
