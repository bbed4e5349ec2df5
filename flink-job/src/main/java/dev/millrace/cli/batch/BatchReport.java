package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.cli.report.LatencySummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a batch went, as one HTML file without a reference to anything outside of it. Plots are
 * inline SVG; colours follow the reader's light or dark scheme.
 */
final class BatchReport {
  private static final int BUCKETS = 60;
  private static final int MOST_BARS = 20;
  private static final int SHOWN_TEXT = 600;
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #6a737d; --line: #d8dee4;
        --fill: #2f6feb; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --faint: #8b949e;
        --line: #30363d; --fill: #58a6ff; } }
      body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
        max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
      table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem;
        border-bottom: 1px solid var(--line); vertical-align: top; }
      td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
      td.text { white-space: pre-wrap; overflow-wrap: anywhere; width: 50%; }
      .facts { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; padding: 0; list-style: none; }
      .facts b { display: block; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
      .facts span, .faint { color: var(--faint); } svg { width: 100%; height: auto; }
      svg rect { fill: var(--fill); } svg text { fill: var(--faint); font-size: 11px; }
      """;

  private final BatchStatistics statistics;
  private final StringBuilder html = new StringBuilder(1 << 14);

  private BatchReport(BatchStatistics statistics) {
    this.statistics = statistics;
  }

  /**
   * Writes the report.
   *
   * @param title what was done to what
   */
  static void write(Path file, String title, BatchStatistics statistics) throws IOException {
    Path draft = file.resolveSibling("." + file.getFileName() + ".draft");
    Files.writeString(draft, new BatchReport(statistics).page(title), UTF_8);
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private String page(String title) {
    html.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width\">")
        .append("<title>Millrace batch report</title><style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>Millrace batch report</h1>\n<p class=\"faint\">")
        .append(escaped(title))
        .append("</p>\n");
    counts();
    throughput();
    latency();
    bars("Answers", statistics.labels());
    deadLetters();
    samples();
    return html.append("</body></html>\n").toString();
  }

  private void counts() {
    html.append("<ul class=\"facts\">");
    fact("rows", statistics.rows());
    fact("answered", statistics.answered());
    fact("failed", statistics.failed());
    fact("without outcome", statistics.missing());
    fact("cut at their most tokens", statistics.cut());
    fact("prompt tokens", statistics.promptTokens());
    fact("of these cached", statistics.cachedPromptTokens());
    fact("completion tokens", statistics.completionTokens());
    if (statistics.doubtful() > 0) {
      fact("to be reviewed", statistics.doubtful());
    }
    if (statistics.gold() > 0) {
      fact("gold records", statistics.gold());
      fact("of these labelled right", statistics.goldRight());
    }
    html.append("</ul>\n");
  }

  private void fact(String name, long value) {
    html.append("<li><b>")
        .append(String.format(Locale.ROOT, "%,d", value))
        .append("</b><span>")
        .append(name)
        .append("</span></li>");
  }

  /** Time in which nothing was written, as between two runs, takes no room in the plot. */
  private void throughput() {
    SortedMap<Long, Long> bySecond = statistics.tokensBySecond();
    if (bySecond.isEmpty()) {
      return;
    }
    long first = bySecond.firstKey();
    long width = Math.max(1, (bySecond.lastKey() - first) / BUCKETS + 1);
    TreeMap<Long, Long> buckets = new TreeMap<>();
    bySecond.forEach(
        (second, tokens) -> buckets.merge((second - first) / width, tokens, Long::sum));
    double most = buckets.values().stream().mapToLong(Long::longValue).max().orElse(1);
    html.append("<h2>Completion tokens per second over time</h2>\n")
        .append("<svg viewBox=\"0 0 640 150\" role=\"img\" aria-label=\"Throughput over time\">");
    double bar = 600.0 / buckets.size();
    int place = 0;
    for (Map.Entry<Long, Long> bucket : buckets.entrySet()) {
      double height = 110 * bucket.getValue() / most;
      html.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>after %d s: %.0f tokens/s</title></rect>",
              40 + place++ * bar,
              125 - height,
              Math.max(1, bar - 1),
              height,
              bucket.getKey() * width,
              (double) bucket.getValue() / width));
    }
    html.append(
        String.format(
            Locale.ROOT,
            "<text x=\"0\" y=\"20\">%.0f</text><text x=\"0\" y=\"125\">0</text><text x=\"40\" y=\"145\">0 s</text><text x=\"640\" y=\"145\" text-anchor=\"end\">%d s</text></svg>%n",
            most / width,
            bySecond.lastKey() - first + 1));
  }

  private void latency() {
    LatencySummary latencies = statistics.latencies();
    html.append("<h2>Latency</h2>\n<table><tr><th>milliseconds</th>");
    List<Double> percentiles = List.of(50.0, 90.0, 99.0, 100.0);
    for (String name : List.of("p50", "p90", "p99", "max")) {
      html.append("<th class=\"n\">").append(name).append("</th>");
    }
    html.append("</tr>");
    for (LatencySummary.Part part :
        List.of(
            LatencySummary.Part.TIME_IN_QUEUE,
            LatencySummary.Part.TIME_TO_FIRST_TOKEN,
            LatencySummary.Part.TIME_PER_OUTPUT_TOKEN)) {
      html.append("<tr><td>").append(escaped(part.label())).append("</td>");
      for (double percentile : percentiles) {
        html.append(
            String.format(
                Locale.ROOT, "<td class=\"n\">%,.1f</td>", latencies.percentile(part, percentile)));
      }
      html.append("</tr>");
    }
    html.append("</table>\n");
  }

  private void bars(String title, Map<String, Long> counts) {
    if (counts.isEmpty()) {
      return;
    }
    List<Map.Entry<String, Long>> largest = new ArrayList<>(counts.entrySet());
    largest.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
    double most = largest.get(0).getValue();
    List<Map.Entry<String, Long>> shown = largest.subList(0, Math.min(MOST_BARS, largest.size()));
    html.append("<h2>").append(escaped(title)).append("</h2>\n");
    html.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 640 %d\" role=\"img\" aria-label=\"%s\">",
            shown.size() * 22,
            escaped(title)));
    for (int i = 0; i < shown.size(); i++) {
      Map.Entry<String, Long> entry = shown.get(i);
      double width = 360 * entry.getValue() / most;
      html.append(
          String.format(
              Locale.ROOT,
              "<text x=\"190\" y=\"%d\" text-anchor=\"end\">%s</text><rect x=\"200\" y=\"%d\" width=\"%.1f\" height=\"14\"></rect><text x=\"%.1f\" y=\"%d\">%,d</text>",
              i * 22 + 14,
              escaped(entry.getKey()),
              i * 22 + 3,
              width,
              206 + width,
              i * 22 + 14,
              entry.getValue()));
    }
    html.append("</svg>\n");
    if (largest.size() > shown.size()) {
      html.append("<p class=\"faint\">and ")
          .append(largest.size() - shown.size())
          .append(" more</p>\n");
    }
  }

  private void deadLetters() {
    if (statistics.deadLetters().isEmpty()) {
      return;
    }
    bars("Dead letters", statistics.deadLetters());
    html.append("<table><tr><th>code</th><th>for example</th></tr>");
    statistics
        .deadLetterExamples()
        .forEach(
            (code, example) ->
                html.append("<tr><td>")
                    .append(escaped(code))
                    .append("</td><td>")
                    .append(escaped(shortened(example)))
                    .append("</td></tr>"));
    html.append("</table>\n");
  }

  private void samples() {
    if (statistics.samples().isEmpty()) {
      return;
    }
    html.append("<h2>Samples</h2>\n<table><tr><th>row</th><th>answer</th></tr>");
    for (BatchStatistics.Sample sample : statistics.samples()) {
      html.append("<tr><td class=\"text\">")
          .append(escaped(shortened(sample.row())))
          .append("</td><td class=\"text\">")
          .append(escaped(shortened(sample.answer())))
          .append("</td></tr>");
    }
    html.append("</table>\n");
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN_TEXT ? text : text.substring(0, SHOWN_TEXT) + " …";
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
