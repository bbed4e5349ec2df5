package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.time.Duration;

/**
 * Whether equal requests share one generation.
 *
 * @param timeToLive how long a result is kept
 * @param maxResults the most results each parallel task keeps
 */
public record ReuseSettings(boolean enabled, Duration timeToLive, int maxResults)
    implements Serializable {
  public ReuseSettings {
    requireNonNull(timeToLive, "timeToLive");
  }
}
