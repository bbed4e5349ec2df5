package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;

/**
 * What became of a transaction that the broker refuses to commit. The refusal itself does not tell:
 * a transaction that was committed before a failure is refused like one that was aborted when its
 * time was over. But its id was used for it alone, and the coordinator remembers how it ended.
 */
enum TransactionFate {
  /** Its records can be read. */
  COMMITTED,
  /** Its records never will be. */
  ABORTED,
  /** The broker remembers nothing of it, or somebody else has used its id since. */
  UNKNOWN;

  /**
   * Asks the transaction's coordinator.
   *
   * @param client properties of Kafka's clients
   * @throws IllegalStateException if the broker does not answer
   */
  static TransactionFate ask(Properties client, KafkaCommittable transaction) {
    requireNonNull(transaction, "transaction");
    String id = transaction.getTransactionalId();
    try (Admin admin = Admin.create(client)) {
      return of(admin.describeTransactions(List.of(id)).description(id).get(), transaction);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TransactionalIdNotFoundException) {
        return UNKNOWN;
      }
      throw new IllegalStateException("the broker does not say what became of " + id, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the broker was asked for " + id, e);
    }
  }

  static TransactionFate of(TransactionDescription last, KafkaCommittable transaction) {
    return isOf(last, transaction) ? of(last.state()) : UNKNOWN;
  }

  /**
   * Ending a transaction may raise the producer's epoch by one. The connector uses an id once, so
   * more than that is somebody else's doing.
   */
  private static boolean isOf(TransactionDescription last, KafkaCommittable transaction) {
    int raised = last.producerEpoch() - transaction.getEpoch();
    return last.producerId() == transaction.getProducerId() && (raised == 0 || raised == 1);
  }

  private static TransactionFate of(TransactionState state) {
    return switch (state) {
      case COMPLETE_COMMIT, PREPARE_COMMIT -> COMMITTED;
      case COMPLETE_ABORT, PREPARE_ABORT, PREPARE_EPOCH_FENCE -> ABORTED;
      case ONGOING, EMPTY, UNKNOWN -> TransactionFate.UNKNOWN;
    };
  }
}
