package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.util.HashSet;
import java.util.List;

/**
 * The form that an answer must have. It guides decoding token by token: whatever would leave the
 * form is never sampled. Equal values are compiled once.
 */
public sealed interface ResponseFormat {

  /** The answer is one of these texts, and {@link Completion#labelScores()} rates all of them. */
  record Choice(List<String> choices) implements ResponseFormat {
    /**
     * @throws ResponseFormatException if there is no choice, or one is empty or occurs twice
     */
    public Choice {
      choices = List.copyOf(choices);
      if (choices.isEmpty()) {
        throw new ResponseFormatException("choice has no texts: name at least one");
      }
      if (choices.stream().anyMatch(String::isEmpty)) {
        throw new ResponseFormatException("choice has an empty text: remove it");
      }
      if (new HashSet<>(choices).size() < choices.size()) {
        throw new ResponseFormatException("choice names a text twice: " + choices);
      }
    }
  }

  /** The whole answer matches this pattern. */
  record Regex(String pattern) implements ResponseFormat {
    public Regex {
      requireNonNull(pattern);
    }
  }

  /** The answer is a JSON value that this JSON Schema, as text, holds valid. */
  record JsonSchema(String schema) implements ResponseFormat {
    public JsonSchema {
      requireNonNull(schema);
    }
  }
}
