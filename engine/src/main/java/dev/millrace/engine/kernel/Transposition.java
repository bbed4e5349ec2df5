package dev.millrace.engine.kernel;

import java.util.Arrays;

/** Turns 16 vectors of 16 numbers of 32 bits, the rows of a square, into its columns. */
final class Transposition {
  static final int SIZE = 16;

  /** The vectors that are overwritten, from 0: the rows, and one more. */
  static final int VECTORS = SIZE + 1;

  private interface Pairing {
    void emit(int target, int left, int right);
  }

  private final int[] places = new int[SIZE];
  private int spare = SIZE;

  private Transposition() {
    for (int i = 0; i < SIZE; i++) {
      places[i] = i;
    }
  }

  /**
   * Writes the code: the rows are in vectors 0 to 15.
   *
   * @return the vector of each column
   */
  static int[] emit(Assembler a) {
    Transposition square = new Transposition();
    square.exchange(1, a::interleaveLow, a::interleaveHigh);
    square.exchange(2, a::interleaveLow64, a::interleaveHigh64);
    square.exchange(4, a::evenLanes, a::oddLanes);
    square.exchange(8, a::evenLanes, a::oddLanes);
    int[] columns = new int[SIZE];
    for (int column = 0; column < SIZE; column++) {
      // The first exchange parted columns 0 and 1 from 2 and 3, the second even from odd ones.
      int place = (column & 12) | ((column & 1) << 1) | ((column >> 1) & 1);
      columns[column] = square.places[place];
    }
    return columns;
  }

  /**
   * Writes code that parts vectors 0 to n - 1, a power of two, in whose elements n columns take
   * turns, one after the other: each column becomes a vector.
   *
   * @param spare a vector that is overwritten, as all of them are
   * @param evens 0, 2, ... 30, the order of two vectors' even elements
   * @param odds 1, 3, ... 31
   * @return the vector of each column
   */
  static int[] parted(Assembler a, int count, int spare, int evens, int odds) {
    int[] places = new int[count];
    Arrays.setAll(places, i -> i);
    for (int size = count; size > 1; size /= 2) {
      for (int start = 0; start < count; start += size) {
        int[] vectors = Arrays.copyOfRange(places, start, start + size);
        for (int i = 0; i < size / 2; i++) {
          int left = vectors[2 * i];
          int right = vectors[2 * i + 1];
          a.move(spare, left);
          a.permuteBoth(left, evens, right);
          a.permuteBoth(spare, odds, right);
          places[start + i] = left;
          places[start + size / 2 + i] = spare;
          spare = right;
        }
      }
    }
    int[] columns = new int[count];
    int bits = Integer.numberOfTrailingZeros(count);
    for (int place = 0; place < count; place++) { // the columns' lowest bit parted them first
      columns[(int) ((Integer.reverse(place) & 0xFFFF_FFFFL) >>> (Integer.SIZE - bits))] =
          places[place];
    }
    return columns;
  }

  /**
   * Of each two places so far apart, the one gets both vectors' first parts, the other the last.
   */
  private void exchange(int distance, Pairing first, Pairing last) {
    for (int i = 0; i < SIZE; i++) {
      if ((i & distance) == 0) {
        int left = places[i];
        int right = places[i + distance];
        first.emit(spare, left, right);
        last.emit(right, left, right);
        places[i] = spare;
        spare = left;
      }
    }
  }
}
