package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.Optional;

/**
 * Where spans go.
 *
 * @param address of an OTLP collector; empty: there are no spans
 */
public record TracingSettings(String address) implements Serializable {
  public TracingSettings {
    requireNonNull(address, "address");
  }

  /** Empty if there are no spans. */
  public Optional<String> endpoint() {
    return Optional.of(address).filter(text -> !text.isEmpty());
  }
}
