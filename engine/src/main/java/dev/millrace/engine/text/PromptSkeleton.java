package dev.millrace.engine.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a chat template writes round the texts of a conversation, and where these go: a rendering
 * with stand-ins for the texts, to be filled in again and again.
 */
final class PromptSkeleton {
  /** More messages than this have no stand-ins. */
  static final int MOST_MESSAGES = 64;

  /** Whitespace on both sides of a stand-in: where it is gone, the template strips the text. */
  private static final char EDGE = '\u001F';

  private static final char FIRST_STAND_IN = '\uF600';

  /** A text's place: what comes before it, its number, and on which sides it is stripped. */
  private record Place(String before, int text, boolean left, boolean right) {
    void fill(StringBuilder prompt, List<String> texts) {
      String text = texts.get(this.text);
      text = left ? PythonStrings.lstrip(text) : text;
      prompt.append(before).append(right ? PythonStrings.rstrip(text) : text);
    }
  }

  private final List<Place> places;
  private final String end;

  private PromptSkeleton(List<Place> places, String end) {
    this.places = List.copyOf(places);
    this.end = end;
  }

  /** What to render in place of so many texts. */
  static List<String> standIns(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "" + EDGE + (char) (FIRST_STAND_IN + i) + EDGE)
        .toList();
  }

  /** Whether a stand-in could be mistaken for what is in this text. */
  static boolean clashesWith(String text) {
    return text.chars().anyMatch(c -> c == EDGE || isStandIn((char) c));
  }

  /** Empty if the stand-ins are not found as they were given. */
  static Optional<PromptSkeleton> of(String rendered) {
    List<Place> places = new ArrayList<>();
    int copied = 0;
    for (int i = 0; i < rendered.length(); i++) {
      if (isStandIn(rendered.charAt(i))) {
        boolean left = i == copied || rendered.charAt(i - 1) != EDGE;
        boolean right = i + 1 == rendered.length() || rendered.charAt(i + 1) != EDGE;
        String before = rendered.substring(copied, left ? i : i - 1);
        places.add(new Place(before, rendered.charAt(i) - FIRST_STAND_IN, left, right));
        copied = right ? i + 1 : i + 2;
        i = copied - 1;
      }
    }
    String end = rendered.substring(copied);
    boolean clean = !clashesWith(end) && places.stream().noneMatch(p -> clashesWith(p.before()));
    return clean ? Optional.of(new PromptSkeleton(places, end)) : Optional.empty();
  }

  private static boolean isStandIn(char c) {
    return c >= FIRST_STAND_IN && c < FIRST_STAND_IN + MOST_MESSAGES;
  }

  /** The prompt for these texts. */
  String fill(List<String> texts) {
    StringBuilder prompt =
        new StringBuilder(texts.stream().mapToInt(String::length).sum() + 64 * places.size());
    places.forEach(place -> place.fill(prompt, texts));
    return prompt.append(end).toString();
  }
}
