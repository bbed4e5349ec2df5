package dev.millrace.engine.constrain.grammar;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.util.automaton.Automaton;

/**
 * The formats of strings that are guaranteed, as patterns. Where a format's definition allows more
 * than programs commonly read, the pattern is the common part: no leap seconds, no offset of 18
 * hours or more, no quoted local parts of addresses.
 */
final class StringFormat {
  private static final String DATE =
      "(\\d{4}-(0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])"
          + "|\\d{4}-(0[469]|11)-(0[1-9]|[12]\\d|30)"
          + "|\\d{4}-02-(0[1-9]|1\\d|2[0-8])"
          + "|(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
  private static final String HOUR_AND_MINUTE = "([01]\\d|2[0-3]):[0-5]\\d";
  private static final String TIME =
      HOUR_AND_MINUTE + ":[0-5]\\d(\\.\\d{1,9})?(Z|[+-](0\\d|1[0-7]):[0-5]\\d)";
  private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?";

  private static final Map<String, String> PATTERNS =
      Map.of(
          "date",
          DATE,
          "time",
          TIME,
          "date-time",
          DATE + "T" + TIME,
          "email",
          "[A-Za-z0-9_+-]{1,20}(\\.[A-Za-z0-9_+-]{1,20}){0,2}@("
              + LABEL
              + "\\.){1,3}[A-Za-z]{2,20}",
          "uuid",
          "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
          "ipv4",
          "((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)");

  private StringFormat() {}

  static Set<String> names() {
    return new TreeSet<>(PATTERNS.keySet());
  }

  static Optional<Automaton> language(String name) {
    return Optional.ofNullable(PATTERNS.get(name)).map(RegexParser::whole);
  }
}
