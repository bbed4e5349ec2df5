package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.time.Duration;

/**
 * When too many dead letters end the job.
 *
 * @param share the largest share of dead letters that is in order; 0: any is
 * @param minimum so many outcomes must be in the window for their share to mean something
 * @param quotes whether the reason quotes the latest dead letter, which may quote its prompt
 */
public record FailureBudgetSettings(double share, Duration window, int minimum, boolean quotes)
    implements Serializable {
  public FailureBudgetSettings {
    requireNonNull(window, "window");
  }

  public boolean isLimited() {
    return share > 0;
  }
}
