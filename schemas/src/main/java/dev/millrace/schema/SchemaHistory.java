package dev.millrace.schema;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * Every version of one record's schema that was ever released, so that a record written with an old
 * one can be read.
 *
 * <p>Version n lies beside this class as the resource {@code history/NAME.vN.avsc}; the newest
 * equals the current schema. Immutable, safe for use by many threads.
 */
public final class SchemaHistory {
  private final List<Schema> versions;
  private final Map<Long, Schema> byFingerprint;

  private SchemaHistory(List<Schema> versions) {
    this.versions = List.copyOf(versions);
    Map<Long, Schema> fingerprints = new LinkedHashMap<>();
    for (Schema version : versions) {
      fingerprints.put(SchemaNormalization.parsingFingerprint64(version), version);
    }
    this.byFingerprint = Map.copyOf(fingerprints);
  }

  /**
   * Loads the history of the record whose current schema is given.
   *
   * @throws IllegalStateException if the record has no history
   */
  public static SchemaHistory of(Schema current) {
    requireNonNull(current, "current");
    List<Schema> versions = new ArrayList<>();
    for (int version = 1; ; version++) {
      Optional<Schema> schema = load("history/" + current.getName() + ".v" + version + ".avsc");
      if (schema.isEmpty()) {
        break;
      }
      versions.add(schema.get());
    }
    if (versions.isEmpty()) {
      throw new IllegalStateException(
          current.getFullName()
              + " has no history: add history/"
              + current.getName()
              + ".v1.avsc beside "
              + SchemaHistory.class.getName());
    }
    return new SchemaHistory(versions);
  }

  private static Optional<Schema> load(String resource) {
    try (InputStream in = SchemaHistory.class.getResourceAsStream(resource)) {
      return in == null ? Optional.empty() : Optional.of(new Schema.Parser().parse(in));
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }

  /** The versions, oldest first; at least one. */
  public List<Schema> versions() {
    return versions;
  }

  /** The newest version: the current schema without what only Java's classes need. */
  public Schema current() {
    return versions.get(versions.size() - 1);
  }

  /** The version with the 64-bit Rabin fingerprint that single-object encoding carries. */
  public Optional<Schema> find(long fingerprint) {
    return Optional.ofNullable(byFingerprint.get(fingerprint));
  }
}
