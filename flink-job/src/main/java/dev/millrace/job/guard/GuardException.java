package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GuardSide;
import java.util.Locale;
import java.util.Optional;

/**
 * A guard does not let a record go on. The message names the guard and what it found, and never
 * quotes the text.
 */
public final class GuardException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final String category;

  private GuardException(ErrorCode code, String category, String message, Throwable cause) {
    super(message, cause);
    this.code = requireNonNull(code, "code");
    this.category = requireNonNull(category, "category");
  }

  static GuardException blocked(
      GuardPolicy policy, GuardSide side, String finder, String category) {
    boolean input = side == GuardSide.INPUT;
    return new GuardException(
        input ? ErrorCode.INPUT_BLOCKED : ErrorCode.OUTPUT_BLOCKED,
        category,
        "guard '%s' blocked the %s: %s found '%s'%s"
            .formatted(
                policy.name(),
                input ? "request" : "answer",
                finder,
                category,
                input
                    ? ": send it without that, or change the rule"
                    : ", and the answer is not kept"),
        null);
  }

  static GuardException failed(GuardPolicy policy, GuardSide side, Throwable cause) {
    return new GuardException(
        ErrorCode.GUARD_FAILED,
        "",
        "the model of guard '%s' could not judge the %s: %s: remove the cause and replay, or set on_failure: pass"
            .formatted(policy.name(), side.name().toLowerCase(Locale.ROOT), cause.getMessage()),
        cause);
  }

  public ErrorCode code() {
    return code;
  }

  /** What was found; empty if the guard could not say. */
  public Optional<String> category() {
    return Optional.of(category).filter(name -> !name.isEmpty());
  }
}
