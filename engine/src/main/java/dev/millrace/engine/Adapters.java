package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.model.FolderDigest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters that requests may name, and how many requests hold each. An adapter that is replaced
 * or dropped is freed when nobody holds it any more. One that cannot be loaded is not read again
 * for a while, unless its files change.
 *
 * <p>Loading waits for the engine thread, one load at a time, under a lock of its own: whoever only
 * lets an adapter go never waits.
 */
final class Adapters {
  private static final Logger LOG = LoggerFactory.getLogger(Adapters.class);

  /** What could not be read may only have been out of reach. */
  private static final Duration RETRY_AFTER = Duration.ofSeconds(10);

  private final Optional<Path> directory;
  private final Map<String, String> digests;
  private final AdapterSlots slots;
  private final Object loading = new Object();

  /** By name: what requests get from now on. Guarded by this. */
  private final Map<String, Loaded> named = new HashMap<>();

  /** By number: everything in memory, also what has lost its name. Guarded by this. */
  private final Map<Integer, Loaded> inMemory = new HashMap<>();

  /** By name: what could not be loaded. Guarded by this. */
  private final Map<String, Broken> broken = new HashMap<>();

  /**
   * @param digests what the files in the directory must be, by the adapter's name; empty: anything
   */
  Adapters(Optional<Path> directory, Map<String, String> digests, AdapterSlots slots) {
    this.directory = requireNonNull(directory);
    this.digests = Map.copyOf(digests);
    this.slots = requireNonNull(slots);
  }

  AdapterInfo load(String name, Path from) {
    synchronized (loading) {
      return put(name, from, Optional.empty()).info;
    }
  }

  AdapterInfo get(String name) {
    return find(name).info;
  }

  /** The number of the adapter, which stays in memory until it is {@link #release released}. */
  int hold(String name) {
    while (true) {
      Loaded found = find(name);
      synchronized (this) {
        if (inMemory.containsKey(found.number)) { // or it was dropped and freed since
          found.holders++;
          return found.number;
        }
      }
    }
  }

  /** Lets a number go; 0 is no adapter's. */
  synchronized void release(int number) {
    Loaded held = inMemory.get(number);
    if (held != null) {
      held.holders--;
      freeIfUnused(held);
    }
  }

  synchronized void drop(String name) {
    broken.remove(name);
    Loaded dropped = named.remove(name);
    if (dropped != null) {
      freeIfUnused(dropped);
    }
  }

  private Loaded find(String name) {
    Optional<Loaded> current = current(name);
    if (current.isPresent() && current.get().files.isEmpty()) {
      return current.get();
    }
    Optional<AdapterFiles> files = directory.flatMap(all -> AdapterFiles.find(all, name));
    if (files.isEmpty()) {
      drop(name);
      throw unknown(name, "there is no such adapter" + where(), null);
    }
    if (current.isPresent() && current.get().files.equals(files)) {
      return current.get();
    }
    requireUnbroken(name, files.get());
    synchronized (loading) {
      // Somebody else may have loaded it, or have tried to, while this thread waited.
      requireUnbroken(name, files.get());
      return current(name)
          .filter(loaded -> loaded.files.equals(files))
          .orElseGet(() -> loadFound(name, files.get()));
    }
  }

  private Loaded loadFound(String name, AdapterFiles files) {
    try {
      requirePinned(name, files.directory());
      return put(name, files.directory(), Optional.of(files));
    } catch (CheckpointException e) {
      LOG.warn("adapter {} cannot be loaded: {}", name, e.getMessage());
      synchronized (this) {
        broken.put(name, new Broken(files, e, System.nanoTime()));
      }
      throw unloadable(name, e);
    }
  }

  private synchronized void requireUnbroken(String name, AdapterFiles files) {
    Broken known = broken.get(name);
    if (known != null && known.files().equals(files) && known.isRecent()) {
      throw unloadable(name, known.cause());
    }
  }

  private void requirePinned(String name, Path from) {
    if (digests.isEmpty()) {
      return;
    }
    if (!digests.containsKey(name)) {
      throw new CheckpointException(
          "adapters are pinned by their SHA-256, and none is given for '%s'".formatted(name));
    }
    FolderDigest.require(digests.get(name), from);
  }

  private Loaded put(String name, Path from, Optional<AdapterFiles> files) {
    int number = slots.nextNumber();
    String hash = slots.load(number, from);
    Loaded loaded = new Loaded(number, new AdapterInfo(name, hash), files);
    LOG.info("loaded adapter {} from {}", name, from);
    synchronized (this) {
      drop(name);
      named.put(name, loaded);
      inMemory.put(number, loaded);
    }
    return loaded;
  }

  private synchronized Optional<Loaded> current(String name) {
    return Optional.ofNullable(named.get(name));
  }

  private void freeIfUnused(Loaded loaded) {
    if (loaded.holders == 0 && named.get(loaded.info.name()) != loaded) {
      inMemory.remove(loaded.number);
      slots.free(loaded.number);
    }
  }

  private String where() {
    return directory
        .map(all -> Files.isDirectory(all) ? " in " + all : ": there is no directory " + all)
        .orElse("");
  }

  private static GenerationException unloadable(String name, CheckpointException cause) {
    return unknown(name, "it cannot be loaded: " + cause.getMessage(), cause);
  }

  private static GenerationException unknown(String name, String why, Exception cause) {
    return new GenerationException(
        GenerationException.Code.UNKNOWN_ADAPTER,
        "adapter '%s' is not served: %s".formatted(name, why),
        cause);
  }

  /** Files that cannot be loaded, and why. */
  private record Broken(AdapterFiles files, CheckpointException cause, long triedAt) {
    boolean isRecent() {
      return System.nanoTime() - triedAt < RETRY_AFTER.toNanos();
    }
  }

  /** An adapter in memory. */
  private static final class Loaded {
    private final int number;
    private final AdapterInfo info;

    /** What was loaded; empty if a caller gave the directory, who then says when it changes. */
    private final Optional<AdapterFiles> files;

    private int holders;

    Loaded(int number, AdapterInfo info, Optional<AdapterFiles> files) {
      this.number = number;
      this.info = info;
      this.files = files;
    }
  }
}
