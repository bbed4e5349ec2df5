package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.millrace.cli.batch.Inputs.InputFile;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes the rows that have no completion yet as work files.
 *
 * <p>Requests that begin alike come one after the other, so that the prefix cache serves them, and
 * within those the long ones first: they end the batch's work early, and short ones fill what room
 * is left. Rows are sorted by the window, so that memory does not grow with the data.
 */
final class WorkPlan {
  private static final String FILE_NAME = "work-";
  private static final int WINDOW_ROWS = 20_000;
  private static final int FILE_ROWS = 1_000;
  private static final int SAME_BEGINNING = 512;
  private static final NaturalJson<GenerationRequest> JSON =
      NaturalJson.of(GenerationRequest.class);

  private static final Comparator<Planned> ORDER =
      Comparator.comparing(Planned::beginning)
          .thenComparing(Planned::magnitude, Comparator.reverseOrder())
          .thenComparing(Planned::text);

  private final RowRequests requests;
  private final OutcomeIndex done;
  private final Refusals refusals;
  private final Path folder;
  private final List<Planned> window = new ArrayList<>();
  private int files;
  private long rows;
  private long missing;

  /**
   * @param done what needs no second answer
   * @param refusals given the rows that cannot be requests
   * @param folder where the work files go
   */
  WorkPlan(RowRequests requests, OutcomeIndex done, Refusals refusals, Path folder) {
    this.requests = requireNonNull(requests, "requests");
    this.done = requireNonNull(done, "done");
    this.refusals = requireNonNull(refusals, "refusals");
    this.folder = requireNonNull(folder, "folder");
  }

  /**
   * Reads all inputs and writes the work.
   *
   * @throws IOException if an input cannot be read to its end
   */
  void write(Inputs inputs) throws IOException {
    for (InputFile file : inputs.files()) {
      try (RowReader reader = file.open()) {
        long number = 0;
        for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
          plan(file, number++, row.get());
        }
      }
    }
    flush();
  }

  /** Rows of all inputs. */
  long rows() {
    return rows;
  }

  /** Those of them that are work for the job. */
  long missing() {
    return missing;
  }

  private void plan(InputFile file, long number, Row row) throws IOException {
    rows++;
    RowKey key = RowKey.of(file.name(), number, row);
    if (done.isCompleted(key)) {
      return;
    }
    GenerationRequest request;
    try {
      request = requests.request(key.toString(), row);
    } catch (RecordFormatException e) {
      refusals.add(key, file.name(), number, row, e);
      return;
    }
    missing++;
    window.add(
        new Planned(new WorkItem(key, file.name(), number, JSON.write(request)), text(request)));
    if (window.size() == WINDOW_ROWS) {
      flush();
    }
  }

  private static String text(GenerationRequest request) {
    return request
        .getMessages()
        .map(turns -> turns.stream().map(Message::getContent).collect(Collectors.joining("\n")))
        .or(request::getPrompt)
        .orElseGet(() -> String.join("\n", request.getInput().values()));
  }

  private void flush() throws IOException {
    window.sort(ORDER);
    for (int from = 0; from < window.size(); from += FILE_ROWS) {
      List<Planned> part = window.subList(from, Math.min(window.size(), from + FILE_ROWS));
      Path file = folder.resolve(String.format(Locale.ROOT, FILE_NAME + "%06d", files++));
      Files.write(file, part.stream().map(planned -> planned.item().line()).toList(), UTF_8);
    }
    window.clear();
  }

  /** How many rows the work files of a folder have. */
  static long count(Path folder) throws IOException {
    long count = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(WorkPlan::isWork).toList()) {
        try (Stream<String> lines = Files.lines(file, UTF_8)) {
          count += lines.count();
        }
      }
    }
    return count;
  }

  private static boolean isWork(Path file) {
    return file.getFileName().toString().startsWith(FILE_NAME);
  }

  private record Planned(WorkItem item, String text) {
    String beginning() {
      return text.substring(0, Math.min(text.length(), SAME_BEGINNING));
    }

    /** Lengths of about the same size compare equal. */
    int magnitude() {
      return 32 - Integer.numberOfLeadingZeros(text.length());
    }
  }
}
