package dev.millrace.engine;

import java.util.Arrays;
import java.util.stream.IntStream;

/** An immutable list of token ids without boxing. */
public final class TokenIds {
  private static final TokenIds EMPTY = new TokenIds(new int[0]);

  private final int[] ids;

  private TokenIds(int[] ids) {
    this.ids = ids;
  }

  public static TokenIds of(int... ids) {
    return ids.length == 0 ? EMPTY : new TokenIds(ids.clone());
  }

  public static TokenIds empty() {
    return EMPTY;
  }

  public int size() {
    return ids.length;
  }

  public boolean isEmpty() {
    return ids.length == 0;
  }

  /**
   * The token at {@code index}.
   *
   * @throws IndexOutOfBoundsException if there is no token at {@code index}
   */
  public int get(int index) {
    return ids[index];
  }

  public int[] toArray() {
    return ids.clone();
  }

  public IntStream stream() {
    return Arrays.stream(ids);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return Arrays.toString(ids);
  }
}
