package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.GenerationRequest;
import java.util.List;
import java.util.Optional;

/** What a task says about sampling; a request's own parameters win. */
public record TaskSampling(
    Optional<Integer> maxTokens,
    Optional<Double> temperature,
    Optional<Double> topP,
    Optional<Integer> topK,
    Optional<Double> minP,
    Optional<Double> repetitionPenalty,
    Optional<Double> presencePenalty,
    Optional<Double> frequencyPenalty,
    Optional<Long> seed,
    Optional<Integer> logprobs,
    List<String> stop) {
  public TaskSampling {
    requireNonNull(maxTokens, "maxTokens");
    requireNonNull(temperature, "temperature");
    requireNonNull(topP, "topP");
    requireNonNull(topK, "topK");
    requireNonNull(minP, "minP");
    requireNonNull(repetitionPenalty, "repetitionPenalty");
    requireNonNull(presencePenalty, "presencePenalty");
    requireNonNull(frequencyPenalty, "frequencyPenalty");
    requireNonNull(seed, "seed");
    requireNonNull(logprobs, "logprobs");
    stop = List.copyOf(stop);
  }

  /** Sets what the request leaves open. */
  void fill(GenerationRequest request) {
    request.setMaxTokens(request.getMaxTokens().or(() -> maxTokens).orElse(null));
    request.setTemperature(request.getTemperature().or(() -> temperature).orElse(null));
    request.setTopP(request.getTopP().or(() -> topP).orElse(null));
    request.setTopK(request.getTopK().or(() -> topK).orElse(null));
    request.setMinP(request.getMinP().or(() -> minP).orElse(null));
    request.setRepetitionPenalty(
        request.getRepetitionPenalty().or(() -> repetitionPenalty).orElse(null));
    request.setPresencePenalty(request.getPresencePenalty().or(() -> presencePenalty).orElse(null));
    request.setFrequencyPenalty(
        request.getFrequencyPenalty().or(() -> frequencyPenalty).orElse(null));
    request.setSeed(request.getSeed().or(() -> seed).orElse(null));
    request.setLogprobs(request.getLogprobs().or(() -> logprobs).orElse(null));
    if (request.getStop().isEmpty()) {
      request.setStop(stop);
    }
  }
}
