package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Sampling;
import dev.millrace.job.config.RequestDefaults;
import dev.millrace.job.model.ModelCard;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.RefusedException;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;

/** Fills in what a request leaves to the job and makes sure that it fits the model. */
final class RequestPlanner {
  private final ModelCard model;
  private final ResponseFormats formats;
  private final RequestDefaults defaults;

  RequestPlanner(ModelRuntime model, RequestDefaults defaults) {
    this.model = model.card();
    this.formats = new ResponseFormats(model);
    this.defaults = requireNonNull(defaults, "defaults");
  }

  GenerateRequest plan(GenerationRequest request, RenderedRequest rendered)
      throws RefusedException {
    GenerateRequest.Builder plan =
        GenerateRequest.builder(request.getId(), rendered.tokens())
            .maxTokens(maxTokens(request, rendered.tokens().size()))
            .sampling(sampling(request))
            .stopStrings(request.getStop())
            .priority(request.getPriority());
    formats.of(request).ifPresent(plan::responseFormat);
    request.getLogprobs().ifPresent(plan::topLogprobs);
    request.getDeadline().ifPresent(plan::deadline);
    request.getAdapter().ifPresent(plan::adapter);
    return plan.build();
  }

  private int maxTokens(GenerationRequest request, int prompt) throws RefusedException {
    if (prompt >= model.contextLength()) {
      throw new RefusedException(
          ErrorCode.PROMPT_TOO_LONG,
          "the prompt of %d tokens leaves no room in the model's context of %d: shorten the prompt"
              .formatted(prompt, model.contextLength()));
    }
    int wanted =
        request.getMaxTokens().orElse(Math.min(defaults.maxTokens(), longestAnswer(prompt)));
    long length = (long) prompt + wanted;
    if (length > model.contextLength()) {
      throw new RefusedException(
          ErrorCode.CONTEXT_EXCEEDED,
          "max_tokens %d + prompt %d exceeds the model's context of %d: shorten the prompt or lower max_tokens"
              .formatted(wanted, prompt, model.contextLength()));
    }
    if (length > model.cacheTokens()) {
      throw new RefusedException(
          ErrorCode.CACHE_EXCEEDED,
          "max_tokens %d + prompt %d exceeds the KV cache of %d tokens: shorten the prompt, lower max_tokens or raise millrace.cache-tokens"
              .formatted(wanted, prompt, model.cacheTokens()));
    }
    return wanted;
  }

  /** What a default may grow to: the room there is, but at least one token, to be refused above. */
  private int longestAnswer(int prompt) {
    return Math.max(1, model.longestSequence() - prompt);
  }

  private Sampling sampling(GenerationRequest request) {
    return new Sampling(
        request.getRepetitionPenalty().orElse(1.0),
        request.getPresencePenalty().orElse(0.0),
        request.getFrequencyPenalty().orElse(0.0),
        request.getTemperature().orElse(defaults.temperature()),
        request.getTopK().orElse(0),
        request.getTopP().orElse(defaults.topP()),
        request.getMinP().orElse(0.0),
        request.getSeed().orElseGet(() -> Seeds.of(request.getId())));
  }
}
