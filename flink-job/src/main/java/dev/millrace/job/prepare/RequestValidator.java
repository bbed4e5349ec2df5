package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerationException;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.RefusedException;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.ResponseFormatType;
import java.time.Instant;
import java.util.Optional;
import java.util.function.DoublePredicate;
import java.util.function.Supplier;

/**
 * Checks what a request asks for, before any of it costs something. A parameter out of range is
 * refused, never clamped: an answer to another question than the one asked helps nobody.
 */
final class RequestValidator {
  private static final int MOST_LOGPROBS = 20;
  private static final int MOST_STOP_TEXTS = 16;

  private final ModelRuntime runtime;
  private final String modelName;

  RequestValidator(ModelRuntime runtime) {
    this.runtime = requireNonNull(runtime, "runtime");
    this.modelName = runtime.card().name();
  }

  /**
   * @throws RefusedException with the first thing that is wrong
   */
  void validate(GenerationRequest request, Instant now) throws RefusedException {
    require(
        !request.getId().isBlank(),
        ErrorCode.INVALID_ID,
        "id is empty: give the request a name that its outcome can carry");
    validateRoute(request);
    validateInput(request);
    validateLimits(request);
    validateSampling(request);
    validateFormat(request);
    validateDeadline(request.getDeadline(), now);
  }

  private void validateRoute(GenerationRequest request) throws RefusedException {
    Optional<String> model = request.getModel();
    require(
        model.isEmpty() || model.get().equals(modelName),
        ErrorCode.UNKNOWN_MODEL,
        () ->
            "model '%s' is not served here: ask for '%s' or leave model out"
                .formatted(model.orElse(""), modelName));
    if (request.getAdapter().isPresent()) {
      validateAdapter(request.getAdapter().get());
    }
  }

  private void validateAdapter(String name) throws RefusedException {
    try {
      runtime.requireAdapter(name);
    } catch (GenerationException e) {
      // An engine that has ended is the generate operator's to notice: the request is not at fault.
      require(
          e.code() != GenerationException.Code.UNKNOWN_ADAPTER,
          ErrorCode.UNKNOWN_ADAPTER,
          () -> e.getMessage() + ": put it into millrace.adapters-directory or leave adapter out");
    }
  }

  private static void validateInput(GenerationRequest request) throws RefusedException {
    int inputs = 0;
    inputs += request.getMessages().isPresent() ? 1 : 0;
    inputs += request.getPrompt().isPresent() ? 1 : 0;
    inputs += request.getTask().isPresent() ? 1 : 0;
    require(
        inputs <= 1,
        ErrorCode.AMBIGUOUS_INPUT,
        "more than one of messages, prompt and task is given: send exactly one");
    require(
        inputs == 1,
        ErrorCode.NO_MESSAGES,
        "there is nothing to answer: send messages, a prompt or a task");
    require(
        request.getMessages().isEmpty() || !request.getMessages().get().isEmpty(),
        ErrorCode.NO_MESSAGES,
        "messages is empty: send at least one");
    require(
        request.getPrompt().isEmpty() || !request.getPrompt().get().isEmpty(),
        ErrorCode.NO_MESSAGES,
        "prompt is empty: send the text to continue");
  }

  private static void validateLimits(GenerationRequest request) throws RefusedException {
    checkInt(
        request.getMaxTokens(), 1, Integer.MAX_VALUE, "max_tokens", ErrorCode.INVALID_MAX_TOKENS);
    checkInt(request.getTopK(), 0, Integer.MAX_VALUE, "top_k", ErrorCode.INVALID_TOP_K);
    checkInt(request.getLogprobs(), 0, MOST_LOGPROBS, "logprobs", ErrorCode.INVALID_LOGPROBS);
    require(
        request.getStop().size() <= MOST_STOP_TEXTS,
        ErrorCode.INVALID_STOP,
        () ->
            "stop has %d texts: send at most %d"
                .formatted(request.getStop().size(), MOST_STOP_TEXTS));
    require(
        request.getStop().stream().noneMatch(String::isEmpty),
        ErrorCode.INVALID_STOP,
        "stop contains an empty text, which would stop every answer at once: remove it");
  }

  private static void validateSampling(GenerationRequest request) throws RefusedException {
    check(
        request.getTemperature(),
        value -> value >= 0 && Double.isFinite(value),
        "temperature",
        "a finite number, 0 or greater",
        ErrorCode.INVALID_TEMPERATURE);
    check(
        request.getTopP(),
        value -> value > 0 && value <= 1,
        "top_p",
        "greater than 0 and at most 1",
        ErrorCode.INVALID_TOP_P);
    check(
        request.getMinP(),
        value -> value >= 0 && value <= 1,
        "min_p",
        "within 0 and 1",
        ErrorCode.INVALID_MIN_P);
    check(
        request.getRepetitionPenalty(),
        value -> value > 0 && Double.isFinite(value),
        "repetition_penalty",
        "greater than 0",
        ErrorCode.INVALID_PENALTY);
    check(
        request.getPresencePenalty(),
        value -> Math.abs(value) <= 2,
        "presence_penalty",
        "within -2 and 2",
        ErrorCode.INVALID_PENALTY);
    check(
        request.getFrequencyPenalty(),
        value -> Math.abs(value) <= 2,
        "frequency_penalty",
        "within -2 and 2",
        ErrorCode.INVALID_PENALTY);
  }

  private static void validateFormat(GenerationRequest request) throws RefusedException {
    boolean choice =
        request
            .getResponseFormat()
            .filter(format -> format.getType() == ResponseFormatType.choice)
            .isPresent();
    require(
        !choice || request.getLogprobs().isEmpty(),
        ErrorCode.INVALID_LOGPROBS,
        () ->
            "logprobs are asked for with a choice, which is scored as a whole: leave logprobs out and read label_scores");
  }

  private static void validateDeadline(Optional<Instant> deadline, Instant now)
      throws RefusedException {
    require(
        deadline.isEmpty() || deadline.get().isAfter(now),
        ErrorCode.DEADLINE_EXPIRED,
        () ->
            "the deadline %s had passed when the request was read at %s: send it earlier or allow more time"
                .formatted(deadline.map(Instant::toString).orElse(""), now));
  }

  private static void checkInt(
      Optional<Integer> value, int least, int most, String name, ErrorCode code)
      throws RefusedException {
    String range = most == Integer.MAX_VALUE ? least + " or greater" : least + " to " + most;
    require(
        value.isEmpty() || (value.get() >= least && value.get() <= most),
        code,
        () -> "%s %s must be %s".formatted(name, value.map(String::valueOf).orElse(""), range));
  }

  private static void check(
      Optional<Double> value, DoublePredicate fits, String name, String range, ErrorCode code)
      throws RefusedException {
    require(
        value.isEmpty() || fits.test(value.get()),
        code,
        () -> "%s %s must be %s".formatted(name, value.map(String::valueOf).orElse(""), range));
  }

  private static void require(boolean holds, ErrorCode code, String message)
      throws RefusedException {
    require(holds, code, () -> message);
  }

  /** Most requests are valid: the message is made only for those that are not. */
  private static void require(boolean holds, ErrorCode code, Supplier<String> message)
      throws RefusedException {
    if (!holds) {
      throw new RefusedException(code, message.get());
    }
  }
}
