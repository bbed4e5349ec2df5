package dev.millrace.engine.text;

import com.fasterxml.jackson.databind.JsonNode;

/** What tokenizer.json says of how a text is cut into words before tokens are looked for. */
final class PreTokenizer {
  private static final String GPT_2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private PreTokenizer() {}

  /**
   * Whether every space after a visible ASCII character begins a new word, so that a text may be
   * cut there and its parts tokenised on their own. No if it cannot be told.
   */
  static boolean cutsBeforeSpaces(JsonNode preTokenizer) {
    if (!preTokenizer.path("type").asText().equals("Sequence")) {
      return cuts(preTokenizer);
    }
    boolean cuts = false;
    for (JsonNode step : preTokenizer.path("pretokenizers")) {
      if (!cuts(step) && !keepsCuts(step)) {
        return false;
      }
      cuts |= cuts(step);
    }
    return cuts;
  }

  private static boolean cuts(JsonNode step) {
    return switch (step.path("type").asText()) {
      case "ByteLevel" ->
          isWithoutPrefixSpace(step)
              && step.path("use_regex").asBoolean(true)
              && SplitPattern.cutsBeforeSpaces(GPT_2);
      case "Split" ->
          step.path("behavior").asText().equals("Isolated")
              && !step.path("invert").asBoolean()
              && SplitPattern.cutsBeforeSpaces(step.path("pattern").path("Regex").asText());
      default -> false;
    };
  }

  /** Looks at each word, or each digit, by itself. */
  private static boolean keepsCuts(JsonNode step) {
    return switch (step.path("type").asText()) {
      case "ByteLevel" -> isWithoutPrefixSpace(step) && !step.path("use_regex").asBoolean(true);
      case "Digits" -> true;
      default -> false;
    };
  }

  private static boolean isWithoutPrefixSpace(JsonNode byteLevel) {
    return !byteLevel.path("add_prefix_space").asBoolean(true);
  }
}
