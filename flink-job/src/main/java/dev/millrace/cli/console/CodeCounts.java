package dev.millrace.cli.console;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Dead letters by their code. Not safe for use by several threads. */
final class CodeCounts {
  private static final int MOST_CODES = 64;
  private static final int LONGEST_CODE = 64;
  private static final int MESSAGE = 300;
  private static final String REST = "OTHER";

  /**
   * How often a code was seen.
   *
   * @param message of the latest dead letter
   * @param known whether prompts with it can be sent again by their code
   */
  record CodeCount(String code, long count, String message, boolean known) {}

  private final Map<String, CodeCount> counts = new HashMap<>();

  void add(DeadLetter letter) {
    String name = Excerpt.of(letter.getCode(), LONGEST_CODE);
    String code = counts.size() < MOST_CODES || counts.containsKey(name) ? name : REST;
    CodeCount before = counts.get(code);
    counts.put(
        code,
        new CodeCount(
            code,
            before == null ? 1 : before.count() + 1,
            Excerpt.of(letter.getMessage(), MESSAGE),
            isKnown(code)));
  }

  /** The most frequent first. */
  List<CodeCount> list() {
    return counts.values().stream()
        .sorted(
            Comparator.comparingLong(CodeCount::count).reversed().thenComparing(CodeCount::code))
        .toList();
  }

  private static boolean isKnown(String code) {
    return Stream.of(ErrorCode.values()).anyMatch(known -> known.name().equals(code));
  }
}
