package dev.millrace.it.chaos;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.cli.local.LocalPorts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/** A Kafka broker in a process of its own, whose data outlives it. */
final class Broker implements AutoCloseable {
  private static final int HEAP = 320;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Path folder;
  private final int port;
  private ChildJvm process;
  private int starts;

  Broker(Path folder) throws IOException {
    this.folder = folder;
    port = LocalPorts.free();
    start();
  }

  /** The child's main: data directory and port. It runs until it is killed. */
  public static void main(String[] arguments) throws Exception {
    EmbeddedBroker.keepingData(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
    new CountDownLatch(1).await();
  }

  String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /** Starts it, on the data there is, and waits until it answers. */
  void start() {
    List<String> arguments = List.of(folder.resolve("broker-data").toString(), "" + port);
    process =
        ChildJvm.start(
            "broker-" + ++starts,
            folder,
            new ChildJvm.Command(
                Broker.class.getName(), JvmClassPath.all(), HEAP, Map.of(), arguments));
    Waiting.until("the broker answers", PATIENCE, this::answers);
  }

  void kill() {
    process.kill();
  }

  /** Creates a topic for records of up to {@code largestRecord} bytes. */
  void createTopic(String name, int partitions, int largestRecord) {
    NewTopic topic =
        new NewTopic(name, partitions, (short) 1)
            .configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "" + largestRecord));
    try (Admin admin = admin()) {
      admin.createTopics(List.of(topic)).all().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("topic " + name + " was not created", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
  }

  private boolean answers() {
    if (!process.isAlive()) {
      throw new AssertionError("the broker did not start: see " + process.log());
    }
    try (Admin admin = admin()) {
      return !admin.describeCluster().nodes().get(1, TimeUnit.SECONDS).isEmpty();
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
