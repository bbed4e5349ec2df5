package dev.millrace.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedBrokerTest {
  private static final TopicPartition LETTERS = new TopicPartition("letters", 0);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void aCommittedTransactionIsReadAndAnAbortedOneIsNot() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.temporary()) {
      createLetters(broker);
      try (KafkaProducer<String, String> producer = transactionalProducer(broker)) {
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("letters", "lost")).get();
        producer.abortTransaction();
      }
      sendInOneTransaction(broker, "a");

      assertThat(readCommitted(broker, 1)).containsExactly("a");
    }
  }

  @Test
  void keptDataIsThereForTheNextBrokerOnTheSameDirectory(@TempDir Path directory) throws Exception {
    try (EmbeddedBroker first = EmbeddedBroker.keepingData(directory, LocalPorts.free())) {
      createLetters(first);
      sendInOneTransaction(first, "before");
    }
    try (EmbeddedBroker second = EmbeddedBroker.keepingData(directory, LocalPorts.free())) {
      sendInOneTransaction(second, "after");

      assertThat(readCommitted(second, 2)).containsExactly("before", "after");
    }
  }

  @Test
  void closingATemporaryBrokerDeletesItsData() throws Exception {
    EmbeddedBroker broker = EmbeddedBroker.temporary();
    assertThat(broker.dataDirectory()).isNotEmptyDirectory();

    broker.close();

    assertThat(Files.exists(broker.dataDirectory())).isFalse();
  }

  @Test
  void topicsThatItHasCreatedAreFoundAtOnceAndMayBeThereAlready() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.temporary();
        Admin admin = broker.admin()) {
      List<NewTopic> topics = new ArrayList<>();
      List<String> names = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        topics.add(new NewTopic("topic-" + i, 1, (short) 1));
        names.add("topic-" + i);
        broker.createTopics(topics);

        assertThat(admin.describeTopics(names).allTopicNames().get()).hasSize(i + 1);
      }
    }
  }

  @Test
  void aPortInUseIsRefusedByItsNumber(@TempDir Path directory) throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();

      assertThatThrownBy(() -> EmbeddedBroker.keepingData(directory, port))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("port " + port + " is in use");
    }
  }

  private static void createLetters(EmbeddedBroker broker) throws Exception {
    broker.createTopics(List.of(new NewTopic("letters", 1, (short) 1)));
  }

  private static void sendInOneTransaction(EmbeddedBroker broker, String letter) throws Exception {
    try (KafkaProducer<String, String> producer = transactionalProducer(broker)) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("letters", letter)).get();
      producer.commitTransaction();
    }
  }

  private static KafkaProducer<String, String> transactionalProducer(EmbeddedBroker broker) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "test"),
        new StringSerializer(),
        new StringSerializer());
  }

  private static List<String> readCommitted(EmbeddedBroker broker, int count) {
    List<String> letters = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "isolation.level",
                "read_committed"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.assign(List.of(LETTERS));
      consumer.seekToBeginning(List.of(LETTERS));
      Instant end = Instant.now().plus(PATIENCE);
      while (letters.size() < count && Instant.now().isBefore(end)) {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> letters.add(record.value()));
      }
    }
    return letters;
  }
}
