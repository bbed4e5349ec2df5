package dev.millrace.cli.local;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/**
 * A real Kafka broker inside this JVM: one KRaft node that is broker and controller at once, on the
 * loopback interface, with its own data directory.
 *
 * <p>It is a whole broker, transactions and consumer groups included, only small: internal topics
 * have one partition and one replica, and the thread pools and buffers are cut down. Records up to
 * {@link #MAX_RECORD_BYTES} are accepted.
 *
 * <pre>{@code
 * try (EmbeddedBroker broker = EmbeddedBroker.temporary()) {
 *   properties.put("bootstrap.servers", broker.bootstrapServers());
 *   ...
 * }
 * }</pre>
 *
 * <p>Instances are safe for use by many threads; {@link #close} may be called more than once.
 */
public final class EmbeddedBroker implements AutoCloseable {
  /** The largest record batch the broker takes, in bytes. */
  public static final int MAX_RECORD_BYTES = 16 << 20;

  private static final int NODE_ID = 1;
  // The same for all, so that formatting a directory twice is the same as formatting it once.
  private static final String CLUSTER_ID = "millrace-local";
  private static final String LOOPBACK = "127.0.0.1";

  private final KafkaRaftServer server;
  private final String bootstrapServers;
  private final Path dataDirectory;
  private final boolean deleteOnClose;
  private boolean closed;

  private EmbeddedBroker(
      KafkaRaftServer server, String bootstrapServers, Path dataDirectory, boolean deleteOnClose) {
    this.server = server;
    this.bootstrapServers = bootstrapServers;
    this.dataDirectory = dataDirectory;
    this.deleteOnClose = deleteOnClose;
  }

  /**
   * Starts a broker on a free port with a new data directory that {@link #close} deletes.
   *
   * @throws IOException if the data directory cannot be written
   */
  public static EmbeddedBroker temporary() throws IOException {
    return start(Files.createTempDirectory("millrace-broker-"), LocalPorts.free(), true);
  }

  /**
   * Starts a broker whose data stays: a later broker on the same directory has the same topics,
   * records and consumer groups.
   *
   * @param dataDirectory where the log is kept; created and formatted if it is new
   * @param port where clients connect, on the loopback interface
   * @throws IOException if the directory cannot be written, or another process listens on the port
   */
  public static EmbeddedBroker keepingData(Path dataDirectory, int port) throws IOException {
    requireNonNull(dataDirectory, "dataDirectory");
    LocalPorts.requireFree(port);
    return start(Files.createDirectories(dataDirectory), port, false);
  }

  private static EmbeddedBroker start(Path dataDirectory, int port, boolean deleteOnClose)
      throws IOException {
    Map<String, Object> settings = settings(dataDirectory, port, LocalPorts.freeOtherThan(port));
    format(dataDirectory);
    KafkaRaftServer server =
        new KafkaRaftServer(new KafkaConfig(settings, /* doLog= */ false), Time.SYSTEM);
    server.startup();
    return new EmbeddedBroker(server, LOOPBACK + ":" + port, dataDirectory, deleteOnClose);
  }

  /** Where clients connect, as {@code host:port}. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** Where the broker keeps its log. */
  public Path dataDirectory() {
    return dataDirectory;
  }

  /** A new admin client of this broker; the caller closes it. */
  public Admin admin() {
    return Admin.create(
        Map.<String, Object>of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
  }

  /**
   * Creates those of these topics that are not there yet. When it returns, clients find them all: a
   * broker answers before it knows what its controller has created.
   *
   * @throws ExecutionException if the broker refuses one of them
   */
  public void createTopics(Collection<NewTopic> topics)
      throws ExecutionException, InterruptedException {
    try (Admin admin = admin()) {
      for (KafkaFuture<Void> created : admin.createTopics(topics).values().values()) {
        boolean ignored = answers(created, TopicExistsException.class);
      }
      List<String> names = topics.stream().map(NewTopic::name).toList();
      while (!answers(
          admin.describeTopics(names).allTopicNames(), UnknownTopicOrPartitionException.class)) {
        Thread.onSpinWait();
      }
    }
  }

  /** Whether it does not answer with this error; one that is another is thrown. */
  private static boolean answers(KafkaFuture<?> answer, Class<? extends ApiException> error)
      throws ExecutionException, InterruptedException {
    try {
      answer.get();
      return true;
    } catch (ExecutionException e) {
      if (error.isInstance(e.getCause())) {
        return false;
      }
      throw e;
    }
  }

  /** Stops the broker, and deletes its data if it is a temporary one. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    server.shutdown();
    server.awaitShutdown();
    if (deleteOnClose) {
      Directories.deleteRecursively(dataDirectory);
    }
  }

  private static Map<String, Object> settings(Path dataDirectory, int port, int controllerPort) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", NODE_ID);
    settings.put(
        "listeners",
        "PLAINTEXT://"
            + LOOPBACK
            + ":"
            + port
            + ",CONTROLLER://"
            + LOOPBACK
            + ":"
            + controllerPort);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    // The voters are named here and not in the log, so that the controller's port may change
    // between
    // two runs over the same data.
    settings.put("controller.quorum.voters", NODE_ID + "@" + LOOPBACK + ":" + controllerPort);
    settings.put("log.dirs", dataDirectory.toString());
    settings.put("server.max.startup.time.ms", 60_000L);

    settings.put("auto.create.topics.enable", false);
    settings.put("message.max.bytes", MAX_RECORD_BYTES);
    settings.put("replica.fetch.max.bytes", MAX_RECORD_BYTES);
    for (String topic :
        List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
      settings.put(topic + ".num.partitions", 1);
      settings.put(topic + ".replication.factor", (short) 1);
    }
    settings.put("transaction.state.log.min.isr", 1);
    settings.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", 1_000);
    settings.put("share.coordinator.state.topic.min.isr", (short) 1);
    // A group of one has nobody to wait for.
    settings.put("group.initial.rebalance.delay.ms", 0);

    settings.put("num.network.threads", 2);
    settings.put("num.io.threads", 4);
    settings.put("background.threads", 2);
    // The cleaner's default map is 128 MiB of heap.
    settings.put("log.cleaner.dedupe.buffer.size", 4L << 20);
    return settings;
  }

  private static void format(Path dataDirectory) throws IOException {
    Formatter formatter =
        new Formatter()
            .setPrintStream(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
            .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
            .setNodeId(NODE_ID)
            .setClusterId(CLUSTER_ID)
            .setDirectories(List.of(dataDirectory.toString()))
            .setMetadataLogDirectory(dataDirectory.toString())
            .setControllerListenerName("CONTROLLER")
            .setIgnoreFormatted(true);
    try {
      formatter.run();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("cannot format the broker's data directory " + dataDirectory, e);
    }
  }
}
