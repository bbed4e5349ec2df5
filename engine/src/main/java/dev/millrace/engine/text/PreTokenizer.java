package dev.millrace.engine.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

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

  /**
   * The expression that cuts a text into words, if that is all that does.
   *
   * @param preTokenizer one that {@link #cutsBeforeSpaces}
   */
  static Optional<Pattern> wordPattern(JsonNode preTokenizer) {
    Iterable<JsonNode> steps =
        preTokenizer.path("type").asText().equals("Sequence")
            ? preTokenizer.path("pretokenizers")
            : List.of(preTokenizer);
    Optional<Pattern> pattern = Optional.empty();
    for (JsonNode step : steps) {
      if (cuts(step)) {
        if (pattern.isPresent()) {
          return Optional.empty();
        }
        pattern = Optional.of(Pattern.compile(regex(step)));
      } else if (isDigits(step)) {
        return Optional.empty();
      }
    }
    return pattern;
  }

  private static String regex(JsonNode step) {
    return step.path("type").asText().equals("Split")
        ? step.path("pattern").path("Regex").asText()
        : GPT_2;
  }

  private static boolean isDigits(JsonNode step) {
    return step.path("type").asText().equals("Digits");
  }

  private static boolean cuts(JsonNode step) {
    return switch (step.path("type").asText()) {
      case "ByteLevel" ->
          isWithoutPrefixSpace(step)
              && step.path("use_regex").asBoolean(true)
              && SplitPattern.cutsBeforeSpaces(regex(step));
      case "Split" ->
          step.path("behavior").asText().equals("Isolated")
              && !step.path("invert").asBoolean()
              && SplitPattern.cutsBeforeSpaces(regex(step));
      default -> false;
    };
  }

  /** Looks at each word, or each digit, by itself. */
  private static boolean keepsCuts(JsonNode step) {
    return isDigits(step)
        || (step.path("type").asText().equals("ByteLevel")
            && isWithoutPrefixSpace(step)
            && !step.path("use_regex").asBoolean(true));
  }

  private static boolean isWithoutPrefixSpace(JsonNode byteLevel) {
    return !byteLevel.path("add_prefix_space").asBoolean(true);
  }
}
