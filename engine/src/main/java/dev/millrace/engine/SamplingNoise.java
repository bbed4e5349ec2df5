package dev.millrace.engine;

/**
 * The random numbers of sampling: a pure function of a sequence's seed and the new token's
 * position, never of a shared generator. So a token does not depend on the batch it was computed
 * in, and a sequence that is replayed after a failure goes on with the numbers it would have had.
 *
 * <p>The function is SplitMix64's output at index {@code position} of the stream that starts at a
 * scrambled seed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
 */
public final class SamplingNoise {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private SamplingNoise() {}

  /** A uniform number within [0, 1), in steps of 2^-53. */
  public static double uniform(long seed, int position) {
    // Scrambling the seed keeps the streams of neighbouring seeds from being shifts of each other.
    long bits = mix(mix(seed) + GOLDEN_GAMMA * position);
    return (bits >>> 11) * 0x1p-53;
  }

  /** Stafford's thirteenth variant of the MurmurHash3 finaliser. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
