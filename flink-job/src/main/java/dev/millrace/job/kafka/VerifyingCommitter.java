package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.LostTransaction;
import dev.millrace.job.config.MillraceOptions;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits Kafka's transactions and does not let one be lost in silence.
 *
 * <p>Flink's committer logs a transaction that the broker refuses to commit, and goes on. Most such
 * refusals are harmless: after a failure Flink commits again what it may have committed before. But
 * if the broker has aborted the transaction because its time was over, its outcomes are gone, while
 * the checkpoint says that they were written. So each refusal is looked into.
 *
 * <p>Where the broker does not answer in time, Flink's committer wants to try again with the same
 * producer. But that goes on waiting for the answer to its first request, and so for ever if the
 * broker has been away meanwhile. Only another producer asks again: so the task fails, and commits
 * from its checkpoint when it is back.
 */
@SuppressWarnings("try") // Flink's signature of close
final class VerifyingCommitter implements Committer<KafkaCommittable> {
  private static final Logger LOG = LoggerFactory.getLogger(VerifyingCommitter.class);

  private final Committer<KafkaCommittable> committer;
  private final Function<KafkaCommittable, TransactionFate> fates;
  private final KafkaSettings settings;
  private final Counter lost;

  /**
   * @param fates asks the broker what became of a transaction
   * @param lost counts those that are lost
   */
  VerifyingCommitter(
      Committer<KafkaCommittable> committer,
      Function<KafkaCommittable, TransactionFate> fates,
      KafkaSettings settings,
      Counter lost) {
    this.committer = requireNonNull(committer, "committer");
    this.fates = requireNonNull(fates, "fates");
    this.settings = requireNonNull(settings, "settings");
    this.lost = requireNonNull(lost, "lost");
  }

  /**
   * @throws SuppressRestartsException if a transaction is lost and the job is to fail: starting it
   *     again would find the same
   * @throws IOException if the broker does not say in time whether a transaction is committed
   */
  @Override
  public void commit(Collection<CommitRequest<KafkaCommittable>> requests)
      throws IOException, InterruptedException {
    List<Request> watched = requests.stream().map(Request::new).toList();
    committer.commit(List.copyOf(watched));
    for (Request request : watched) {
      requireAnswered(request);
      if (request.refusal.isPresent()) {
        settle(request, request.refusal.get());
      }
    }
  }

  private static void requireAnswered(Request request) throws IOException {
    if (request.unanswered) {
      throw new IOException(
          "the broker has not said in time (max.block.ms) whether transaction %s is committed: the task starts again from its checkpoint and asks again"
              .formatted(request.getCommittable().getTransactionalId()));
    }
  }

  private void settle(Request request, Throwable refusal) {
    KafkaCommittable transaction = request.getCommittable();
    TransactionFate fate = fates.apply(transaction);
    if (fate == TransactionFate.COMMITTED) {
      LOG.info("{} was committed before the failure", transaction.getTransactionalId());
      request.original.signalAlreadyCommitted();
      return;
    }
    lost.inc();
    String message = message(transaction, fate);
    if (settings.lostTransaction() == LostTransaction.FAIL) {
      throw new SuppressRestartsException(new LostTransactionException(message, refusal));
    }
    LOG.error("{}", message, refusal);
    request.original.signalFailedWithKnownReason(refusal);
  }

  private String message(KafkaCommittable transaction, TransactionFate fate) {
    String what =
        fate == TransactionFate.ABORTED
            ? "was aborted by the broker before it was committed"
            : "is not known to the broker any more";
    return "transaction %s of a completed checkpoint %s: its outcomes are lost. It may stay open for %s (%s). Start from a checkpoint or from offsets before it, or set %s to %s to go on without them"
        .formatted(
            transaction.getTransactionalId(),
            what,
            settings.transactionTimeout(),
            MillraceOptions.TRANSACTION_TIMEOUT.key(),
            MillraceOptions.LOST_TRANSACTION.key(),
            LostTransaction.CONTINUE);
  }

  @Override
  public void close() throws Exception {
    committer.close();
  }

  /** Keeps a refusal back until it is looked into; hands everything else on. */
  private static final class Request implements CommitRequest<KafkaCommittable> {
    private final CommitRequest<KafkaCommittable> original;
    private Optional<Throwable> refusal = Optional.empty();
    private boolean unanswered;

    Request(CommitRequest<KafkaCommittable> original) {
      this.original = original;
    }

    @Override
    public KafkaCommittable getCommittable() {
      return original.getCommittable();
    }

    @Override
    public int getNumberOfRetries() {
      return original.getNumberOfRetries();
    }

    @Override
    public void signalFailedWithKnownReason(Throwable cause) {
      refusal = Optional.of(cause);
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable cause) {
      original.signalFailedWithUnknownReason(cause);
    }

    @Override
    public void retryLater() {
      unanswered = true;
    }

    @Override
    public void updateAndRetryLater(KafkaCommittable committable) {
      original.updateAndRetryLater(committable);
    }

    @Override
    public void signalAlreadyCommitted() {
      original.signalAlreadyCommitted();
    }

    @Override
    public String toString() {
      return original.toString();
    }
  }
}
