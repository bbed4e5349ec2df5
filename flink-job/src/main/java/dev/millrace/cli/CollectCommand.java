package dev.millrace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes outcomes from the topics to JSONL files. */
@Command(
    name = "collect",
    header = "Write outcomes from the topics to JSONL files.",
    description = {
      "Reads committed records only and writes them to completions.jsonl,",
      "dead-letters.jsonl and latency.jsonl of a folder. An outcome is a completion or a dead",
      "letter. Ends when --count outcomes are there, or nothing new has come for --idle seconds."
    },
    footer = {
      "  millrace collect --count 100 --out results",
      "  millrace collect --follow --group nightly     go on where 'nightly' stopped, never end"
    })
final class CollectCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(200);

  /** The least patience with a broker that has not sent yet what is there. */
  private static final long LEAST_SECONDS = 60;

  @Spec private CommandSpec spec;
  @Mixin private BrokerOption broker;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "Folder for the files. Default: the working directory.")
  private Path out;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = {
        "End after N outcomes; exit status 3 if --idle seconds pass without one before."
      })
  private Optional<Long> count = Optional.empty();

  @Option(names = "--follow", description = "Never end by itself; stop it with Ctrl-C.")
  private boolean follow;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "End when nothing new came for so long. Default: ${DEFAULT-VALUE}.")
  private long idleSeconds;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = {
        "Remember under this name what was read: the next run with it appends what came since.",
        "Without a group every run reads the topics from their beginning into new files."
      })
  private Optional<String> group = Optional.empty();

  @Override
  public Integer call() throws IOException {
    checkOptions();
    try (OutcomeReader reader = new OutcomeReader(broker.cluster(), group);
        OutcomeFiles files =
            group.isPresent() ? OutcomeFiles.append(out) : OutcomeFiles.create(out)) {
      collect(reader, files);
      spec.commandLine().getErr().println(files.summary());
      return count.isPresent() && files.outcomes() < count.get()
          ? ExitCode.INCOMPLETE
          : ExitCode.DONE;
    }
  }

  private void collect(OutcomeReader reader, OutcomeFiles files) throws IOException {
    Instant lastNews = Instant.now();
    while (wantsMore(files) && !isOver(reader, lastNews)) {
      if (reader.poll(POLL, files) > 0) {
        lastNews = Instant.now();
        files.flush();
        if (group.isPresent()) {
          reader.commit();
        }
      }
    }
  }

  private boolean wantsMore(OutcomeFiles files) {
    return count.isEmpty() || files.outcomes() < count.get() || !files.latenciesAreComplete();
  }

  private boolean isOver(OutcomeReader reader, Instant lastNews) {
    long patience = reader.hasReadAll() ? idleSeconds : Math.max(idleSeconds, LEAST_SECONDS);
    return !follow && Duration.between(lastNews, Instant.now()).toSeconds() >= patience;
  }

  private void checkOptions() {
    if (count.isPresent() && count.get() < 1) {
      throw new ParameterException(
          spec.commandLine(), "--count " + count.get() + ": must be at least 1");
    }
    if (idleSeconds < 1) {
      throw new ParameterException(
          spec.commandLine(), "--idle " + idleSeconds + ": must be at least 1 second");
    }
  }
}
