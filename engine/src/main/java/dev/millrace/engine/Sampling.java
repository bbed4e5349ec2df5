package dev.millrace.engine;

/**
 * How the next token is chosen from the logits. The filters apply in the order of the components,
 * which is transformers' own: penalties, temperature, top-k, top-p, min-p.
 *
 * @param repetitionPenalty divides positive and multiplies negative logits of every token of the
 *     prompt or the answer so far (Keskar et al., 2019); 1 is off
 * @param presencePenalty subtracted from the logit of every token generated so far; 0 is off
 * @param frequencyPenalty subtracted once per occurrence in the tokens generated so far; 0 is off
 * @param temperature divides the logits; 0 takes the most likely token (greedy)
 * @param topK keeps the k most likely tokens; 0 keeps all
 * @param topP keeps the smallest set of most likely tokens whose probability reaches p (Holtzman et
 *     al., 2019); 1 keeps all
 * @param minP keeps tokens at least this share as likely as the most likely one; 0 keeps all
 * @param seed the random numbers of a sequence are a pure function of this and the token's position
 */
public record Sampling(
    double repetitionPenalty,
    double presencePenalty,
    double frequencyPenalty,
    double temperature,
    int topK,
    double topP,
    double minP,
    long seed) {

  private static final Sampling GREEDY = new Sampling(1, 0, 0, 0, 0, 1, 0, 0);

  /**
   * @throws IllegalArgumentException naming the parameter and its value if one is out of range
   */
  public Sampling {
    require(repetitionPenalty > 0, "repetition_penalty", repetitionPenalty, "greater than 0");
    require(Math.abs(presencePenalty) <= 2, "presence_penalty", presencePenalty, "within -2 and 2");
    require(
        Math.abs(frequencyPenalty) <= 2, "frequency_penalty", frequencyPenalty, "within -2 and 2");
    require(
        temperature >= 0 && Double.isFinite(temperature),
        "temperature",
        temperature,
        "0 or greater");
    require(topK >= 0, "top_k", topK, "0 (all) or greater");
    require(topP > 0 && topP <= 1, "top_p", topP, "greater than 0 and at most 1");
    require(minP >= 0 && minP <= 1, "min_p", minP, "within 0 and 1");
  }

  /** The most likely token, without penalties. */
  public static Sampling greedy() {
    return GREEDY;
  }

  /** Plain sampling at a temperature, without filters or penalties. */
  public static Sampling ofTemperature(double temperature, long seed) {
    return new Sampling(1, 0, 0, temperature, 0, 1, 0, seed);
  }

  /** The same with other random numbers. */
  public Sampling withSeed(long other) {
    return new Sampling(
        repetitionPenalty, presencePenalty, frequencyPenalty, temperature, topK, topP, minP, other);
  }

  public boolean isGreedy() {
    return temperature == 0;
  }

  /** Whether the tokens so far influence the next one's logits beyond the model itself. */
  public boolean hasPenalties() {
    return repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
  }

  private static void require(boolean holds, String name, double value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " " + value + " must be " + range);
    }
  }
}
