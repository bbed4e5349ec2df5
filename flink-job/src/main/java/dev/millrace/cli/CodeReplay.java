package dev.millrace.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.cli.console.Replayer;
import dev.millrace.job.config.ClusterSettings;
import dev.millrace.schema.ErrorCode;
import java.util.Optional;
import java.util.Set;

/**
 * Replays the dead letters with a code as {@code millrace replay --code CODE} does, in the same
 * group: whichever comes second finds nothing to send. Different codes have no letter in common.
 */
final class CodeReplay implements Replayer {
  private final ClusterSettings cluster;

  CodeReplay(ClusterSettings cluster) {
    this.cluster = requireNonNull(cluster, "cluster");
  }

  @Override
  public Replayed replay(ErrorCode code) {
    DeadLetterFilter filter =
        new DeadLetterFilter(Set.of(code), Set.of(), Optional.empty(), Optional.empty());
    try (DeadLetterReplay replay =
        new DeadLetterReplay(
            cluster,
            cluster.topics().deadLetters(),
            ReplayCommand.GROUP + filter,
            filter,
            ReplayCommand.MOST_REPLAYS,
            false)) {
      DeadLetterReplay.Totals totals = replay.run();
      return new Replayed(totals.sent(), totals.passedOver());
    }
  }
}
