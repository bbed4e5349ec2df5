package dev.millrace.cli;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.Stage;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Sends dead letters back to where they came from. */
@Command(
    name = "replay",
    header = "Send the prompts in dead letters again, once their cause is fixed.",
    description = {
      "Each prompt goes back to the topic it came from with its key, value and headers, and a",
      "header millrace-replays that counts. Ends with the last dead letter there is at the",
      "start. What is sent and how far was read are one transaction: no letter is replayed",
      "twice by the same group, even if the command is killed. Each choice of letters has a",
      "group of its own, so a letter that two choices have in common is replayed by each of",
      "them; --group makes them share one."
    },
    footer = {
      "  millrace replay --dry-run                       how many there are",
      "  millrace replay --code UNKNOWN_MODEL            the model is served now",
      "  millrace replay --stage GENERATE --since 2026-11-20T18:00:00Z"
    })
final class ReplayCommand implements Callable<Integer> {
  /** The beginning of the groups' names; the choice of letters follows. */
  static final String GROUP = "millrace-replay";

  /** Prompts that come back more often are passed over. */
  static final int MOST_REPLAYS = 3;

  @Spec private CommandSpec spec;
  @Mixin private BrokerOption broker;

  @Option(
      names = "--topic",
      paramLabel = "NAME",
      description = "The topic of the dead letters. Default: prompts-dead-letter.")
  private Optional<String> topic = Optional.empty();

  @Option(
      names = "--code",
      paramLabel = "CODE",
      split = ",",
      description = "Only letters with one of these codes.")
  private Set<ErrorCode> codes = Set.of();

  @Option(
      names = "--stage",
      paramLabel = "STAGE",
      split = ",",
      description = "Only letters from these stages: DECODE, VALIDATE, RENDER, GENERATE.")
  private Set<Stage> stages = Set.of();

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Only prompts stamped at this time, as 2026-11-20T18:00:00Z, or later.")
  private Optional<Instant> since = Optional.empty();

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Only prompts stamped before this time.")
  private Optional<Instant> until = Optional.empty();

  @Option(
      names = "--most-replays",
      paramLabel = "N",
      defaultValue = "" + MOST_REPLAYS,
      description = {
        "Pass over prompts that were replayed N times and came back. Default: ${DEFAULT-VALUE}."
      })
  private int mostReplays;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = {
        "The consumer group that remembers which letters were read.",
        "Default: " + GROUP + " and the choice of letters."
      })
  private Optional<String> group = Optional.empty();

  @Option(names = "--dry-run", description = "Count the letters and send nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    if (mostReplays < 1) {
      throw new ParameterException(
          spec.commandLine(), "--most-replays " + mostReplays + ": must be at least 1");
    }
    DeadLetterFilter filter = new DeadLetterFilter(codes, stages, since, until);
    ClusterSettings cluster = broker.cluster();
    try (DeadLetterReplay replay =
        new DeadLetterReplay(
            cluster,
            topic.orElse(cluster.topics().deadLetters()),
            group.orElse(GROUP + filter),
            filter,
            mostReplays,
            dryRun)) {
      report(replay.run());
    }
    return ExitCode.DONE;
  }

  private void report(DeadLetterReplay.Totals totals) {
    PrintWriter err = spec.commandLine().getErr();
    String done = dryRun ? " dead letters would go" : " dead letters went";
    new TreeMap<>(totals.sentTo())
        .forEach((target, count) -> err.println(count + done + " back to " + target));
    if (totals.sent() == 0) {
      err.println("no new dead letter to replay");
    }
    if (totals.passedOver() > 0) {
      err.println(totals.passedOver() + " were passed over");
    }
  }
}
