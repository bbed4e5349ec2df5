package dev.millrace.it.chaos;

import dev.millrace.cli.local.LocalPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Flink session cluster of real processes, started with Flink's own mains: one job manager and
 * two task managers with one slot each. A task manager that dies is replaced, as a supervisor would
 * do.
 */
final class FlinkCluster implements AutoCloseable {
  static final int TASK_MANAGERS = 2;

  private static final int HEAP = 256;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Pattern SUBMITTED = Pattern.compile("JobID ([0-9a-f]{32})");
  private static final String FLINK = "org.apache.flink.runtime.";
  private static final String MODEL_LOADED = "LlamaModel loaded ";

  private final Path folder;
  private final Path configuration;
  private final FlinkRest rest;
  private ChildJvm jobManager;
  private final Map<String, ChildJvm> taskManagers = new LinkedHashMap<>();
  private final List<Path> logs = new ArrayList<>();
  private int started;
  private int submissions;
  private int jobManagers;

  FlinkCluster(Path folder, Map<String, String> settings) throws IOException {
    this.folder = folder;
    int restPort = LocalPorts.free();
    configuration = Files.createDirectories(folder.resolve("conf"));
    writeConfiguration(settings, restPort);
    rest = new FlinkRest(restPort);
    launchJobManager();
    for (int i = 0; i < TASK_MANAGERS; i++) {
      startTaskManager();
    }
    awaitCluster();
  }

  private void launchJobManager() {
    String main = FLINK + "entrypoint.StandaloneSessionClusterEntrypoint";
    jobManager = start("job-manager-" + ++jobManagers, main, List.of());
  }

  private void awaitCluster() {
    Waiting.until("the job manager answers", PATIENCE, this::jobManagerAnswers);
    Waiting.until("the task managers are there", PATIENCE, this::taskManagersAreThere);
  }

  /**
   * kill -9 of the job manager. Another one takes its place, which knows of no job, and the task
   * managers find it.
   */
  void replaceJobManager() {
    jobManager.kill();
    launchJobManager();
    awaitCluster();
  }

  FlinkRest rest() {
    return rest;
  }

  /** Whether all tasks of a job run, on task managers that are alive. */
  boolean runs(String job) {
    return rest.runs(job) && taskManagers.keySet().containsAll(rest.taskManagersOf(job));
  }

  /**
   * @throws AssertionError if a task manager has ended that nobody killed
   */
  void requireAlive() {
    taskManagers.values().stream()
        .filter(each -> !each.isAlive())
        .findFirst()
        .ifPresent(
            dead -> {
              throw new AssertionError(dead.name() + " has ended: see " + dead.log());
            });
  }

  /** How often a task manager has loaded a model since the cluster was started. */
  int modelLoads() {
    return logs.stream().mapToInt(FlinkCluster::modelLoads).sum();
  }

  private static int modelLoads(Path log) {
    try (Stream<String> lines = Files.lines(log)) {
      return (int) lines.filter(line -> line.contains(MODEL_LOADED)).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ChildJvm taskManager(String id) {
    return taskManagers.get(id);
  }

  /** Starts one more and gives it a name that none had before. */
  void startTaskManager() {
    String id = "task-manager-" + ++started;
    List<String> arguments = List.of("-Dtaskmanager.resource-id=" + id);
    ChildJvm process = start(id, FLINK + "taskexecutor.TaskManagerRunner", arguments);
    taskManagers.put(id, process);
    logs.add(process.log());
  }

  /** Forgets a dead task manager and starts another one in its place. */
  void replaceTaskManager(String id) {
    taskManagers.remove(id).close();
    startTaskManager();
  }

  /**
   * Submits the job jar with {@code flink run}.
   *
   * @param restoreFrom checkpoint or savepoint to go on from
   * @return the job's id
   */
  String run(int parallelism, Optional<String> restoreFrom, Map<String, String> settings) {
    List<String> arguments = new ArrayList<>(List.of("run", "-d", "-p", "" + parallelism));
    restoreFrom.ifPresent(path -> arguments.addAll(List.of("-s", path)));
    JvmClassPath.jobsLibraries()
        .forEach(jar -> arguments.addAll(List.of("-C", jar.toUri().toString())));
    arguments.addAll(List.of("-c", "dev.millrace.job.MillraceJob"));
    arguments.add(JvmClassPath.jobJar().toString());
    settings.forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    ChildJvm client =
        child("flink-run-" + ++submissions, "org.apache.flink.client.cli.CliFrontend", arguments);
    int code = client.awaitExit(PATIENCE.toSeconds());
    Matcher submitted = SUBMITTED.matcher(client.output());
    if (code != 0 || !submitted.find()) {
      throw new AssertionError("flink run answered " + code + ": see " + client.log());
    }
    return submitted.group(1);
  }

  private ChildJvm start(String name, String mainClass, List<String> arguments) {
    List<String> all = new ArrayList<>(List.of("--configDir", configuration.toString()));
    all.addAll(arguments);
    return child(name, mainClass, all);
  }

  private ChildJvm child(String name, String mainClass, List<String> arguments) {
    return ChildJvm.start(
        name,
        folder,
        new ChildJvm.Command(
            mainClass,
            JvmClassPath.installation(),
            HEAP,
            Map.of("FLINK_CONF_DIR", configuration.toString()),
            arguments));
  }

  private boolean jobManagerAnswers() {
    if (!jobManager.isAlive()) {
      throw new AssertionError("the job manager did not start: see " + jobManager.log());
    }
    return rest.answers();
  }

  private boolean taskManagersAreThere() {
    requireAlive();
    return rest.taskManagers().size() == TASK_MANAGERS;
  }

  private void writeConfiguration(Map<String, String> settings, int restPort) throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("jobmanager.rpc.address", "127.0.0.1");
    all.put("jobmanager.rpc.port", "" + LocalPorts.free());
    all.put("jobmanager.bind-host", "127.0.0.1");
    all.put("rest.address", "127.0.0.1");
    all.put("rest.port", "" + restPort);
    all.put("web.refresh-interval", "100 ms"); // or else REST tells of what was 3 s ago
    all.put("cluster.registration.error-delay", "500 ms"); // while there is no job manager
    all.put("taskmanager.slot.timeout", "5 s"); // of a job that no job manager knows
    all.put("taskmanager.host", "127.0.0.1");
    all.put("taskmanager.bind-host", "127.0.0.1");
    all.put("taskmanager.numberOfTaskSlots", "1");
    all.put("io.tmp.dirs", Files.createDirectories(folder.resolve("tmp")).toString());
    // What Flink's start script computes from the size of the process.
    all.put("taskmanager.cpu.cores", "1.0");
    all.put("taskmanager.memory.framework.heap.size", "64m");
    all.put("taskmanager.memory.task.heap.size", "192m");
    all.put("taskmanager.memory.framework.off-heap.size", "64m");
    all.put("taskmanager.memory.task.off-heap.size", "256m");
    all.put("taskmanager.memory.network.min", "32m");
    all.put("taskmanager.memory.network.max", "32m");
    all.put("taskmanager.memory.managed.size", "0");
    all.put("taskmanager.memory.jvm-metaspace.size", "192m");
    all.put("taskmanager.memory.jvm-overhead.min", "64m");
    all.put("taskmanager.memory.jvm-overhead.max", "64m");
    all.putAll(settings);
    List<String> lines =
        all.entrySet().stream().map(entry -> entry.getKey() + ": " + entry.getValue()).toList();
    Files.write(configuration.resolve("config.yaml"), lines);
  }

  @Override
  public void close() {
    taskManagers.values().forEach(ChildJvm::close);
    jobManager.close();
  }
}
