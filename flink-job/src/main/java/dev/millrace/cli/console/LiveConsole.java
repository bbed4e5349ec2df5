package dev.millrace.cli.console;

import dev.millrace.job.registry.SchemaDirectory;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Watches a pipeline and shows it to browsers until it is closed.
 *
 * <pre>{@code
 * try (LiveConsole console = LiveConsole.start(settings, replayer)) {
 *   System.err.println(console.address());
 *   ...
 * }
 * }</pre>
 */
public final class LiveConsole implements AutoCloseable {
  private static final long TICK_MS = 1_000;
  private static final long CLOSE_MS = 5_000;
  private static final Duration REGISTRY_PATIENCE = Duration.ofSeconds(3);

  private final ConsoleServer server;
  private final TopicTail topics;
  private final Thread reading;
  private final List<Thread> watchers;

  private LiveConsole(
      ConsoleServer server, TopicTail topics, Thread reading, List<Thread> watchers) {
    this.server = server;
    this.topics = topics;
    this.reading = reading;
    this.watchers = watchers;
  }

  /**
   * Starts to listen and to watch. What it watches may be away: the page says so.
   *
   * @throws IOException if it cannot listen
   */
  public static LiveConsole start(ConsoleSettings settings, Replayer replayer) throws IOException {
    PipelineView view = new PipelineView(System::currentTimeMillis);
    view.kafka(Optional.of("connecting to " + settings.cluster().bootstrapServers()));
    ConsoleServer server = ConsoleServer.start(settings, view, replayer);
    List<Thread> watchers = new ArrayList<>();
    watchers.add(watcher("ticks", () -> tick(view, server)));
    settings
        .flink()
        .map(flink -> new FlinkMetrics(flink, settings.job(), view))
        .ifPresentOrElse(
            metrics -> watchers.add(watcher("flink", metrics)),
            () -> view.engineUnknown("the console was not told where Flink is"));
    watchers.forEach(Thread::start);
    TopicTail topics =
        new TopicTail(
            settings.cluster(),
            SchemaDirectory.patient(settings.cluster().registry(), REGISTRY_PATIENCE),
            view);
    Thread reading = watcher("topics", topics);
    reading.start();
    return new LiveConsole(server, topics, reading, List.copyOf(watchers));
  }

  /** Where a browser on this machine finds it. */
  public URI address() {
    return server.address();
  }

  @Override
  public void close() {
    topics.close(); // an interrupt would keep its consumer from closing
    watchers.forEach(Thread::interrupt);
    server.close();
    try {
      reading.join(CLOSE_MS);
      for (Thread watcher : watchers) {
        watcher.join(CLOSE_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void tick(PipelineView view, ConsoleServer server) {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(TICK_MS);
        view.tick();
        server.cutStuckPages();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread watcher(String what, Runnable work) {
    Thread thread = new Thread(work, "millrace-console-" + what);
    thread.setDaemon(true);
    return thread;
  }
}
