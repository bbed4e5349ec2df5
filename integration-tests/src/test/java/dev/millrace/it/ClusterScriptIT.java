package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.schema.GenerationResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The life of a cluster that {@code deploy/cluster.sh} runs: started with two task managers on two
 * machines, scaled up while the job runs, injured, upgraded with a savepoint and stopped. Prompts
 * come all the time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterScriptIT {
  private static final int BATCH = 60;
  private static final String NEXT_VERSION = "0.2.0-next";
  private static final Duration PATIENCE = Duration.ofMinutes(8);

  @TempDir static Path folder;
  private final List<String> sent = new ArrayList<>();
  private EmbeddedBroker broker;
  private Checkout checkout;
  private ClusterScript cluster;
  private Outcomes outcomes;
  private Path model;

  @BeforeAll
  void start_a_broker_and_a_cluster() throws Exception {
    model = new TinyCheckpoint().write(Files.createDirectory(folder.resolve("model")));
    broker = EmbeddedBroker.temporary();
    TestPipeline.createTopics(broker);
    outcomes = new Outcomes(broker.bootstrapServers());
    checkout = Checkout.in(Files.createDirectory(folder.resolve("checkout")));
    cluster =
        new ClusterScript(
            checkout,
            Files.createDirectory(folder.resolve("work")),
            List.of("localhost", "127.0.0.2  # another machine"),
            Map.of(
                "taskmanager.memory.process.size", "1g",
                "taskmanager.memory.task.off-heap.size", "256m",
                "jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout", "1 s",
                "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling", "1 s",
                "execution.checkpointing.interval", "1 s"));
  }

  @AfterAll
  void stop() throws Exception {
    cluster.end();
    outcomes.close();
    broker.close();
  }

  @Test
  @Order(1)
  void starts_task_managers_on_every_machine() throws Exception {
    String status = cluster.run("start", "2");

    assertThat(status)
        .contains("task-manager-1  running on localhost", "task-manager-2  running on 127.0.0.2");
    assertThat(cluster.remoteMachines()).containsExactly("127.0.0.2");
  }

  @Test
  @Order(2)
  void runs_the_job_on_both() throws Exception {
    send();
    assertThat(
            cluster.run(
                "run",
                "-Dmillrace.model.directory=" + model,
                "-Dmillrace.bootstrap-servers=" + broker.bootstrapServers(),
                "-Dmillrace.threads=1",
                "-Dmillrace.cache-tokens=2048"))
        .contains("RUNNING");

    awaitEverything();
    awaitSubtasks(2);
  }

  @Test
  @Order(3)
  void refuses_a_second_job_beside_the_first() throws Exception {
    ClusterScript.Answer answer = cluster.ask("run", "-Dmillrace.threads=1");

    assertThat(answer.code()).isEqualTo(1);
    assertThat(answer.output()).contains("the job runs already: 'upgrade' changes it");
  }

  @Test
  @Order(4)
  void takes_the_slots_of_a_third_task_manager_while_it_runs() throws Exception {
    send();
    cluster.run("scale", "3");

    awaitSubtasks(3);
    awaitEverything();
  }

  @Test
  @Order(5)
  void starts_a_task_manager_again_that_died() throws Exception {
    ProcessHandle dead = cluster.taskManager("task-manager-1");
    send();
    dead.destroyForcibly();

    cluster.await("another process", () -> isReplaced(dead));
    awaitEverything();
  }

  @Test
  @Order(6)
  void upgrades_with_a_savepoint_to_the_settings_and_the_jars_of_now() throws Exception {
    send();
    cluster.set("taskmanager.numberOfTaskSlots", "2");
    checkout.build(NEXT_VERSION);
    assertThat(outcomes.completions).noneMatch(ClusterScriptIT::isOfTheNextVersion);

    assertThat(cluster.run("upgrade")).contains("savepoint ", "RUNNING");

    awaitEverything();
    cluster.await("six slots", () -> slots() == 6);
    int before = outcomes.completions.size();
    send();
    awaitEverything();
    assertThat(outcomes.completions.subList(before, outcomes.completions.size()))
        .isNotEmpty()
        .allMatch(ClusterScriptIT::isOfTheNextVersion);
  }

  private static boolean isOfTheNextVersion(Outcomes.Read<GenerationResult> read) {
    return read.value().getProvenance().getEngineVersion().equals(NEXT_VERSION);
  }

  @Test
  @Order(7)
  void goes_on_with_fewer_task_managers() throws Exception {
    send();
    String status = cluster.run("scale", "1");

    assertThat(status).contains("task-manager-1").doesNotContain("task-manager-2");
    awaitEverything();
  }

  @Test
  @Order(8)
  void stops_with_a_savepoint_and_leaves_no_process_behind() throws Exception {
    assertThat(cluster.run("stop")).contains("savepoint ", "the data stays");

    assertThat(cluster.hasProcesses()).isFalse();
    assertThat(cluster.ask("status").code()).isEqualTo(1);
  }

  @Test
  @Order(9)
  void every_prompt_has_had_exactly_one_completion() {
    outcomes.readToEnd();

    assertThat(outcomes.deadLetters).isEmpty();
    assertThat(outcomes.completions)
        .extracting(read -> read.value().getId())
        .containsExactlyInAnyOrderElementsOf(sent);
  }

  private void awaitSubtasks(int count) throws Exception {
    cluster.await(count + " subtasks", () -> Set.copyOf(parallelism()).equals(Set.of(count)));
  }

  /** None while the job manager has other things to do. */
  private List<Integer> parallelism() {
    try {
      return cluster.parallelism();
    } catch (IOException e) {
      return List.of();
    }
  }

  private int slots() {
    try {
      return cluster.rest("/overview").path("slots-total").asInt();
    } catch (IOException e) {
      return 0;
    }
  }

  private boolean isReplaced(ProcessHandle dead) {
    try {
      return cluster.taskManager("task-manager-1").pid() != dead.pid();
    } catch (IOException | java.util.NoSuchElementException e) {
      return false;
    }
  }

  private void awaitEverything() {
    outcomes.await(sent.size(), PATIENCE, () -> true);
  }

  private void send() {
    List<String> ids =
        IntStream.range(sent.size(), sent.size() + BATCH).mapToObj(i -> "prompt-" + i).toList();
    TestPipeline.send(
        broker.bootstrapServers(), ids.stream().map(ClusterScriptIT::record).toList());
    sent.addAll(ids);
  }

  private static ProducerRecord<byte[], byte[]> record(String id) {
    String json = "{\"id\":\"%s\",\"prompt\":\"Say %s\",\"max_tokens\":100}".formatted(id, id);
    return new ProducerRecord<>(
        TestPipeline.TOPICS.prompts(), id.getBytes(UTF_8), json.getBytes(UTF_8));
  }
}
