package dev.millrace.job.guard;

import dev.millrace.engine.LabelScores;
import dev.millrace.engine.ResponseFormat;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the models of the Llama Guard family answer: {@code safe}, or {@code unsafe} and on the next
 * line the codes of what is violated, with commas between them. Some write two line breaks first.
 */
final class LlamaGuard {
  /** What Llama Guard 3 knows. */
  static final Map<String, String> CATEGORIES = categories();

  private static final String UNSAFE = "unsafe";
  private static final List<String> LEADS = List.of("", "\n\n");

  /** The first line, of which the model says how likely each is. */
  static final ResponseFormat VERDICT =
      new ResponseFormat.Choice(
          LEADS.stream().flatMap(lead -> List.of(lead + "safe", lead + UNSAFE).stream()).toList());

  private LlamaGuard() {}

  static double unsafe(LabelScores scores) {
    return Math.min(
        1, LEADS.stream().mapToDouble(lead -> scores.probabilities().get(lead + UNSAFE)).sum());
  }

  /** Both lines of an answer that finds something, begun as the model likes it best. */
  static ResponseFormat findings(LabelScores scores, Collection<String> codes) {
    Map<String, Double> likely = scores.probabilities();
    boolean broken = likely.get("\n\n" + UNSAFE) > likely.get(UNSAFE);
    return findings(broken ? "\\n\\n" : "", codes);
  }

  /** Every form that {@link #findings(LabelScores, Collection)} may give. */
  static List<ResponseFormat> findings(Collection<String> codes) {
    return List.of(findings("", codes), findings("\\n\\n", codes));
  }

  private static ResponseFormat findings(String lead, Collection<String> codes) {
    String code = "(" + String.join("|", codes) + ")";
    return new ResponseFormat.Regex(
        "%s%s\\n%s(,%s){0,%d}".formatted(lead, UNSAFE, code, code, codes.size() - 1));
  }

  /** The codes of an answer, each once; what was cut off is none. */
  static List<String> codes(String answer, Collection<String> known) {
    return Arrays.stream(answer.strip().replaceFirst("^" + UNSAFE, "").strip().split(","))
        .map(String::strip)
        .filter(known::contains)
        .distinct()
        .toList();
  }

  private static Map<String, String> categories() {
    Map<String, String> categories = new LinkedHashMap<>();
    List.of(
            "violent-crimes",
            "non-violent-crimes",
            "sex-crimes",
            "child-exploitation",
            "defamation",
            "specialized-advice",
            "privacy",
            "intellectual-property",
            "indiscriminate-weapons",
            "hate",
            "self-harm",
            "sexual-content",
            "elections",
            "code-interpreter-abuse")
        .forEach(name -> categories.put("S" + (categories.size() + 1), name));
    return Collections.unmodifiableMap(categories);
  }
}
