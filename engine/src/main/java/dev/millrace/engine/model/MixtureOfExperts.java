package dev.millrace.engine.model;

/**
 * The sparse MLPs of a model.
 *
 * @param experts per sparse layer; 0 in a model without
 * @param perToken how many of them compute each token
 */
public record MixtureOfExperts(int experts, int perToken) {

  /**
   * @throws IllegalArgumentException if a token needs more experts than there are
   */
  public MixtureOfExperts {
    if (perToken > experts) {
      throw new IllegalArgumentException(
          "num_experts_per_tok %d exceeds num_local_experts %d".formatted(perToken, experts));
    }
  }

  static MixtureOfExperts none() {
    return new MixtureOfExperts(0, 0);
  }
}
