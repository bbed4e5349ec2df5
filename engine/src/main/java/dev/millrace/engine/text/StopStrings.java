package dev.millrace.engine.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * The strings at which a completion ends. They are matched over the completion's bytes, so a match
 * is seen with the very token that completes it, wherever token borders fall. Immutable; each
 * sequence has a {@link Matcher} of its own.
 */
public final class StopStrings {
  private static final StopStrings NONE = new StopStrings(List.of());

  private final List<byte[]> patterns;
  private final List<int[]> borders;

  private StopStrings(List<byte[]> patterns) {
    this.patterns = patterns;
    this.borders = patterns.stream().map(StopStrings::borders).toList();
  }

  public static StopStrings none() {
    return NONE;
  }

  /**
   * Any of these strings ends the text.
   *
   * @throws IllegalArgumentException if one is empty or not valid Unicode
   */
  public static StopStrings of(List<String> stops) {
    return stops.isEmpty() ? NONE : new StopStrings(stops.stream().map(StopStrings::utf8).toList());
  }

  Matcher matcher() {
    return new Matcher();
  }

  private static byte[] utf8(String stop) {
    byte[] bytes = stop.getBytes(UTF_8);
    if (stop.isEmpty() || !new String(bytes, UTF_8).equals(stop)) {
      throw new IllegalArgumentException("stop string \"" + stop + "\" is empty or not Unicode");
    }
    return bytes;
  }

  /**
   * The failure function of Knuth, Morris and Pratt: for each prefix of the pattern, the length of
   * the longest shorter prefix that also ends it.
   */
  private static int[] borders(byte[] pattern) {
    int[] borders = new int[pattern.length];
    for (int i = 1; i < pattern.length; i++) {
      borders[i] = extend(pattern, borders, borders[i - 1], pattern[i]);
    }
    return borders;
  }

  /** How much of the pattern matches after one more byte, given that {@code matched} did before. */
  private static int extend(byte[] pattern, int[] borders, int matched, byte next) {
    int length = matched;
    while (length > 0 && pattern[length] != next) {
      length = borders[length - 1];
    }
    return pattern[length] == next ? length + 1 : length;
  }

  /** Where one sequence stands in every stop string. Costs a few comparisons per byte. */
  final class Matcher {
    private final int[] matched = new int[patterns.size()];

    private Matcher() {}

    /** The length of the longest stop string that ends with this byte, or 0. To end there. */
    int accept(byte next) {
      int completed = 0;
      for (int i = 0; i < matched.length; i++) {
        byte[] pattern = patterns.get(i);
        matched[i] = extend(pattern, borders.get(i), matched[i], next);
        if (matched[i] == pattern.length) {
          completed = Math.max(completed, pattern.length);
        }
      }
      return completed;
    }

    /** How many of the last bytes may turn out to begin a stop string. */
    int held() {
      int longest = 0;
      for (int length : matched) {
        longest = Math.max(longest, length);
      }
      return longest;
    }
  }
}
