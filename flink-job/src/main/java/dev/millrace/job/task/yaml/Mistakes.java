package dev.millrace.job.task.yaml;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/** Collects what is wrong with a file, so that all of it is told at once. Not thread-safe. */
public final class Mistakes {
  private final String file;
  private final List<Mistake> found = new ArrayList<>();

  public Mistakes(String file) {
    this.file = requireNonNull(file, "file");
  }

  /** All of them, by line. */
  public List<Mistake> all() {
    return found.stream().sorted(Comparator.comparingInt(Mistake::line)).toList();
  }

  void add(Optional<Mark> mark, String path, String message) {
    found.add(new Mistake(file, mark.map(Mark::getLine).orElse(0) + 1, path, message));
  }
}
