package dev.millrace.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Spoils JSON as broken disks, broken tools and bad intentions do. */
public final class Mutation {
  private static final Pattern VALUE =
      Pattern.compile("-?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?|\"[^\"]*\"|true|false|null");
  private static final List<String> HOSTILE =
      List.of(
          "-1",
          "0",
          "1",
          "2147483647",
          "2147483648",
          "4294967295",
          "9223372036854775807",
          "9223372036854775808",
          "1" + "0".repeat(400),
          "0.5",
          "-0.0",
          "1e308",
          "1e999",
          "NaN",
          "null",
          "true",
          "{}",
          "[]",
          "[[[[]]]]",
          "\"\"",
          "\"x\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"../../etc/passwd\"",
          "\"/dev/zero\"",
          "[0,0]",
          "[1,2,3,4,5,6,7,8,9]",
          "[9223372036854775807,2]",
          "[4611686018427387904,4]",
          "[-1,-1]",
          "\"" + "a".repeat(5000) + "\"");

  private Mutation() {}

  public static byte[] of(byte[] json, Random random) {
    String text = new String(json, ISO_8859_1); // one character per byte
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      text = once(text, random);
    }
    return text.getBytes(ISO_8859_1);
  }

  private static String once(String text, Random random) {
    int at = random.nextInt(text.length() + 1);
    int end = Math.min(text.length(), at + random.nextInt(40));
    return switch (random.nextInt(8)) {
      case 0 -> text.substring(0, at) + (char) random.nextInt(256) + text.substring(end);
      case 1 -> text.substring(0, at) + text.substring(end);
      case 2 -> text.substring(0, end) + text.substring(at);
      case 3 -> text.substring(0, at) + nested(random) + text.substring(at);
      case 4 -> random.nextInt(4) == 0 ? text.substring(0, at) : otherValue(text, random);
      default -> otherValue(text, random);
    };
  }

  private static String nested(Random random) {
    String open = random.nextBoolean() ? "[" : "{\"a\":";
    return open.repeat(1 + random.nextInt(20_000));
  }

  private static String otherValue(String text, Random random) {
    List<MatchResult> values = VALUE.matcher(text).results().toList();
    if (values.isEmpty()) {
      return text;
    }
    MatchResult value = values.get(random.nextInt(values.size()));
    String other =
        random.nextInt(3) == 0
            ? values.get(random.nextInt(values.size())).group()
            : HOSTILE.get(random.nextInt(HOSTILE.size()));
    return text.substring(0, value.start()) + other + text.substring(value.end());
  }
}
