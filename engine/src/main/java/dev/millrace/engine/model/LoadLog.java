package dev.millrace.engine.model;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log how far the loading of a large checkpoint is, and tells whoever else listens. */
final class LoadLog implements LoadProgress {
  private static final Logger LOG = LoggerFactory.getLogger(LoadLog.class);
  private static final long INTERVAL = Duration.ofSeconds(5).toNanos();

  private final Path checkpoint;
  private final LoadProgress listener;
  private long last = System.nanoTime();

  LoadLog(Path checkpoint, LoadProgress listener) {
    this.checkpoint = requireNonNull(checkpoint);
    this.listener = requireNonNull(listener);
  }

  @Override
  public void loaded(long bytes, long total) {
    long now = System.nanoTime();
    if (now - last >= INTERVAL) {
      last = now;
      LOG.info("loading {}: {} of {} MiB", checkpoint, bytes >> 20, total >> 20);
    }
    listener.loaded(bytes, total);
  }
}
