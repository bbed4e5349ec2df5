package dev.millrace.job.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.TestSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import org.apache.flink.api.connector.sink2.Committer.CommitRequest;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.internal.FlinkKafkaInternalProducer;
import org.apache.flink.connector.kafka.sink.internal.KafkaCommitter;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Transactions of a completed checkpoint on a real broker, as a restored job finds them: some
 * committed before the failure, some aborted because the failure lasted too long.
 */
@Timeout(300)
@SuppressWarnings("try") // Flink's committers may be interrupted while they close
class LostTransactionTest {
  private static final String TOPIC = "completions";
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofSeconds(3);

  private static EmbeddedBroker broker;

  private final Counter lost = new SimpleCounter();

  @BeforeAll
  static void startBroker() throws Exception {
    broker = EmbeddedBroker.temporary();
    broker.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1)));
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void anOpenTransactionIsCommitted() throws Exception {
    KafkaCommittable open = precommitted(LONG);

    commit(settings("fail"), open);

    assertThat(end(open)).isEqualTo(TransactionState.COMPLETE_COMMIT);
    assertThat(lost.getCount()).isZero();
  }

  @Test
  void committingAgainWhatWasCommittedBeforeTheFailureIsHarmless() throws Exception {
    KafkaCommittable committed = precommitted(LONG);
    commit(settings("fail"), committed);

    assertThatCode(() -> commit(settings("fail"), committed)).doesNotThrowAnyException();

    assertThat(lost.getCount()).isZero();
  }

  @Test
  void aTransactionWhoseTimeWasOverEndsTheJobForGoodAndSaysWhatIsLost() throws Exception {
    KafkaCommittable expired = expired();

    Throwable failure = catchThrowable(() -> commit(settings("fail"), expired));

    assertThat(failure)
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .isInstanceOf(LostTransactionException.class)
        .hasMessageContaining(expired.getTransactionalId())
        .hasMessageContaining("aborted by the broker")
        .hasMessageContaining("millrace.transaction-timeout")
        .hasMessageContaining("millrace.on-lost-transaction");
    assertThat(lost.getCount()).isOne();
  }

  @Test
  void theJobGoesOnWithoutItIfItWasToldTo() throws Exception {
    KafkaCommittable expired = expired();

    RecordedRequest request = commit(settings("continue"), expired);

    assertThat(request.failure).isPresent();
    assertThat(lost.getCount()).isOne();
  }

  @Test
  void anIdThatSomebodyElseHasUsedSinceSaysNothingOfItsTransaction() throws Exception {
    KafkaCommittable old = precommitted(LONG);
    commit(settings("fail"), old);
    for (int i = 0; i < 2; i++) {
      commit(settings("fail"), precommitted(old.getTransactionalId(), LONG));
    }

    assertThat(catchThrowable(() -> commit(settings("fail"), old)))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("not known to the broker any more");
  }

  @Test
  void aCommitThatNobodyAnswersFailsTheTaskSoThatAnotherProducerAsksAgain() throws Exception {
    KafkaCommittable open = precommitted(LONG);
    Properties unreachable = producerProperties(LONG);
    unreachable.setProperty("bootstrap.servers", "127.0.0.1:1");
    unreachable.setProperty("max.block.ms", "200");

    assertThat(catchThrowable(() -> commit(settings("fail"), unreachable, open)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(open.getTransactionalId());
    commit(settings("fail"), open);

    assertThat(end(open)).isEqualTo(TransactionState.COMPLETE_COMMIT);
    assertThat(lost.getCount()).isZero();
  }

  private static KafkaSettings settings(String onLost) {
    return TestSettings.with(
            "millrace.bootstrap-servers",
            broker.bootstrapServers(),
            "millrace.on-lost-transaction",
            onLost)
        .kafka();
  }

  /** Commits as a restored job does: with nothing but what the checkpoint has. */
  private RecordedRequest commit(KafkaSettings settings, KafkaCommittable transaction)
      throws Exception {
    return commit(settings, producerProperties(LONG), transaction);
  }

  private RecordedRequest commit(
      KafkaSettings settings, Properties producer, KafkaCommittable transaction) throws Exception {
    Properties client = settings.properties();
    RecordedRequest request = new RecordedRequest(transaction);
    KafkaCommitter flinks =
        new KafkaCommitter(producer, "test", 0, 0, false, FlinkKafkaInternalProducer::new);
    try (VerifyingCommitter committer =
        new VerifyingCommitter(flinks, each -> TransactionFate.ask(client, each), settings, lost)) {
      committer.commit(List.of(request));
    }
    return request;
  }

  private static KafkaCommittable expired() throws Exception {
    KafkaCommittable transaction = precommitted(SHORT);
    while (state(transaction) != TransactionState.COMPLETE_ABORT) {
      Thread.onSpinWait();
    }
    return transaction;
  }

  private static KafkaCommittable precommitted(Duration timeout) throws Exception {
    return precommitted("millrace-" + UUID.randomUUID(), timeout);
  }

  /** A transaction with a record in it, left open as by a process that was killed. */
  private static KafkaCommittable precommitted(String id, Duration timeout) throws Exception {
    try (FlinkKafkaInternalProducer<byte[], byte[]> producer =
        new FlinkKafkaInternalProducer<>(producerProperties(timeout), id)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(TOPIC, new byte[] {1})).get();
      producer.flush();
      producer.precommitTransaction();
      return new KafkaCommittable(producer.getProducerId(), producer.getEpoch(), id, null);
    }
  }

  private static Properties producerProperties(Duration timeout) {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", broker.bootstrapServers());
    properties.setProperty("transaction.timeout.ms", "" + timeout.toMillis());
    properties.setProperty("key.serializer", ByteArraySerializer.class.getName());
    properties.setProperty("value.serializer", ByteArraySerializer.class.getName());
    return properties;
  }

  /** Its state once its markers are written: a broker answers when it has decided, before that. */
  private static TransactionState end(KafkaCommittable transaction) throws Exception {
    TransactionState state = state(transaction);
    while (state == TransactionState.PREPARE_COMMIT || state == TransactionState.PREPARE_ABORT) {
      state = state(transaction);
    }
    return state;
  }

  private static TransactionState state(KafkaCommittable transaction) throws Exception {
    String id = transaction.getTransactionalId();
    try (Admin admin = broker.admin()) {
      return admin.describeTransactions(List.of(id)).description(id).get().state();
    }
  }

  /** What Flink would be told. */
  private static final class RecordedRequest implements CommitRequest<KafkaCommittable> {
    private final KafkaCommittable transaction;
    private Optional<Throwable> failure = Optional.empty();

    RecordedRequest(KafkaCommittable transaction) {
      this.transaction = transaction;
    }

    @Override
    public KafkaCommittable getCommittable() {
      return transaction;
    }

    @Override
    public int getNumberOfRetries() {
      return 0;
    }

    @Override
    public void signalFailedWithKnownReason(Throwable cause) {
      failure = Optional.of(cause);
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable cause) {
      throw new AssertionError("Flink does not know what happened", cause);
    }

    @Override
    public void retryLater() {
      throw new AssertionError("Flink tries again");
    }

    @Override
    public void updateAndRetryLater(KafkaCommittable committable) {
      throw new AssertionError("Flink tries again");
    }

    @Override
    public void signalAlreadyCommitted() {}
  }
}
