package dev.millrace.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The open pages' streams of server-sent events. Each is written by its own thread at its own pace
 * and skips what it was too slow for; one that takes nothing for too long is cut. There are no
 * queues, so that many or slow pages cost no memory.
 */
final class Streams {
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);
  private static final byte[] COMMENT = ":\n\n".getBytes(UTF_8);
  private static final String FIRST = "retry: 2000\n\n";

  /** One page's, as its thread sees it. */
  private static final class Stream {
    private final Thread thread = Thread.currentThread();
    private volatile long writingSince;
    private volatile boolean writing;

    boolean isStuck(long now, long patienceNanos) {
      return writing && now - writingSince > patienceNanos;
    }
  }

  private final JsonMapper json = JsonMapper.builder().build();
  private final Set<Stream> open = ConcurrentHashMap.newKeySet();
  private final PipelineView view;
  private final int most;
  private final Duration patience;
  private final LongSupplier clock;
  private volatile boolean closed;

  /**
   * @param most pages at a time
   * @param patience how long a page may take for one update
   * @param clock in nanoseconds
   */
  Streams(PipelineView view, int most, Duration patience, LongSupplier clock) {
    this.view = requireNonNull(view, "view");
    this.most = most;
    this.patience = requireNonNull(patience, "patience");
    this.clock = requireNonNull(clock, "clock");
  }

  int openCount() {
    return open.size();
  }

  /** Serves a page until it goes away, on the thread of its request. */
  void serve(Exchange exchange) throws IOException {
    Stream stream = new Stream();
    if (!enter(stream)) {
      exchange.answer(503, most + " pages are open already: close one");
      return;
    }
    try (OutputStream out = exchange.stream("text/event-stream")) {
      write(stream, out, FIRST.getBytes(UTF_8));
      send(stream, out);
    } catch (IOException e) {
      // The page has gone, or was cut.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(stream);
      exchange.close();
      // The interrupt was this stream's; the thread goes on to others.
      if (Thread.interrupted() && closed) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Cuts pages that take nothing. Called now and then. */
  void cutStuck() {
    long now = clock.getAsLong();
    open.stream()
        .filter(stream -> stream.isStuck(now, patience.toNanos()))
        .forEach(stream -> stream.thread.interrupt()); // ends a write that waits, with its channel
  }

  /** Ends all of them. */
  void close() {
    closed = true;
    open.forEach(stream -> stream.thread.interrupt());
  }

  private synchronized boolean enter(Stream stream) {
    return !closed && open.size() < most && open.add(stream);
  }

  private void send(Stream stream, OutputStream out) throws IOException, InterruptedException {
    long version = 0;
    while (!closed) {
      Optional<Update> update = view.after(version, HEARTBEAT);
      if (update.isPresent()) {
        write(stream, out, event(update.get()));
        version = update.get().version();
      } else {
        write(stream, out, COMMENT);
      }
    }
  }

  private byte[] event(Update update) throws JsonProcessingException {
    return ("data: " + json.writeValueAsString(update) + "\n\n").getBytes(UTF_8);
  }

  private void write(Stream stream, OutputStream out, byte[] bytes) throws IOException {
    stream.writingSince = clock.getAsLong();
    stream.writing = true;
    out.write(bytes);
    out.flush();
    stream.writing = false;
  }
}
