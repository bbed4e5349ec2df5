package dev.millrace.cli.report;

import java.util.ArrayList;
import java.util.List;

/**
 * One document and its answer, to be read by a person.
 *
 * @param title what was asked, for example the task and the id
 * @param document the text sent
 * @param answer the text that came back
 */
public record Sample(String title, String document, String answer) {
  private static final int WIDTH = 100;
  private static final int DOCUMENT_LINES = 4;
  private static final int ANSWER_LINES = 4;
  private static final String DOCUMENT_MARGIN = "    | ";
  private static final String ANSWER_MARGIN = "   -> ";
  private static final String ANSWER_REST = "      ";

  /** The sample in lines of at most 100 columns. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("  " + title);
    wrap(document, DOCUMENT_LINES).forEach(line -> lines.add(DOCUMENT_MARGIN + line));
    String margin = ANSWER_MARGIN;
    for (String line : wrap(answer.isBlank() ? "(an empty answer)" : answer, ANSWER_LINES)) {
      lines.add(margin + line);
      margin = ANSWER_REST;
    }
    return lines;
  }

  private static List<String> wrap(String text, int maxLines) {
    return Paragraph.wrap(text, WIDTH - DOCUMENT_MARGIN.length(), maxLines);
  }
}
