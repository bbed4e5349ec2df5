package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.LabelScores;
import dev.millrace.job.model.ModelCard;
import dev.millrace.job.model.PromptEncoder;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.schema.FinishReason;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.Provenance;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.TokenLogprob;
import dev.millrace.schema.TopLogprob;
import java.util.List;

/** Writes the two records of a completion: the result, and where its time went. */
public final class Completions {
  private static final RecordCodec<GenerationResult> RESULTS =
      RecordCodec.of(GenerationResult.class);
  private static final RecordCodec<GenerationLatency> LATENCIES =
      RecordCodec.of(GenerationLatency.class);

  private final ModelCard model;
  private final PromptEncoder encoder;

  public Completions(ModelCard model, PromptEncoder encoder) {
    this.model = requireNonNull(model, "model");
    this.encoder = requireNonNull(encoder, "encoder");
  }

  /** What was answered. */
  public GenerationResult result(CompletionOutcome outcome) {
    GenerationTask task = outcome.generation().task();
    Completion completion = outcome.completion();
    GenerationResult result = new GenerationResult();
    result.setId(completion.id());
    result.setText(completion.text());
    result.setFinishReason(finishReason(completion.finishReason()));
    result.setPromptTokens(completion.usage().promptTokens());
    result.setCachedPromptTokens(completion.usage().cachedPromptTokens());
    result.setCompletionTokens(completion.usage().completionTokens());
    if (task.request().topLogprobs().isPresent()) {
      result.setLogprobs(logprobs(completion));
    }
    result.setValid(completion.valid().orElse(null));
    result.setLabelScores(completion.labelScores().map(LabelScores::probabilities).orElse(null));
    result.setAttributes(task.attributes());
    result.setProvenance(provenance(task, outcome.generation().weightsHash()));
    result.setTask(task.task().orElse(null));
    result.setGuard(outcome.guard().orElse(null));
    return result;
  }

  /** The same answer to an equal request. Its provenance says what made it. */
  public static GenerationResult reused(GenerationResult result, GenerationTask task) {
    GenerationResult copy = copy(result);
    copy.setId(task.request().id());
    copy.setAttributes(task.attributes());
    copy.setTask(task.task().orElse(null));
    copy.setReused(true);
    return copy;
  }

  /** Another result with the same fields. */
  static GenerationResult copy(GenerationResult result) {
    GenerationResult copy = new GenerationResult();
    result.getSchema().getFields().forEach(field -> copy.put(field.pos(), result.get(field.pos())));
    return copy;
  }

  /** The result's record for a topic that a task names. */
  static OutputRecord record(String topic, GenerationResult result, GenerationTask task) {
    return OutputRecord.ofTask(topic, task.origin(), RESULTS.encode(result));
  }

  /** The result's record. */
  public static OutputRecord record(GenerationResult result, GenerationTask task) {
    return OutputRecord.of(OutputTopic.COMPLETIONS, task.origin(), RESULTS.encode(result));
  }

  /** Where the time went. */
  public GenerationLatency latency(CompletionOutcome outcome) {
    GenerationLatency latency = latency(outcome.completion().id());
    latency.setTimeInTopicMs(outcome.timeInTopicMillis());
    latency.setTimeInQueueMs(outcome.timeInQueueMillis());
    latency.setTimeToFirstTokenMs(outcome.timeToFirstTokenMillis());
    latency.setTimePerOutputTokenMs(outcome.timePerOutputTokenMillis());
    latency.setTotalMs(outcome.totalMillis());
    latency.setBatchSize(outcome.completion().timing().meanBatchSize());
    latency.setAttempts(outcome.generation().attempts());
    latency.setResumedTokens(outcome.completion().usage().resumedTokens());
    latency.setTokensPerSecond(outcome.tokensPerSecond());
    return latency;
  }

  /** The same of a reused result: it came all at once, at the time {@code now}. */
  public GenerationLatency latencyOfReused(GenerationTask task, long now) {
    ReusedOutcome outcome = new ReusedOutcome(task.origin(), now);
    GenerationLatency latency = latency(task.request().id());
    latency.setTimeInTopicMs(outcome.timeInTopicMillis());
    latency.setTimeInQueueMs(outcome.timeInQueueMillis());
    latency.setTimeToFirstTokenMs(outcome.timeInQueueMillis());
    latency.setTotalMs(outcome.totalMillis());
    latency.setAttempts(0);
    return latency;
  }

  private GenerationLatency latency(String id) {
    GenerationLatency latency = new GenerationLatency();
    latency.setId(id);
    latency.setModel(model.name());
    latency.setDevice(model.device());
    return latency;
  }

  /** The latency's record. */
  static OutputRecord record(GenerationLatency latency, GenerationTask task) {
    return OutputRecord.of(OutputTopic.LATENCY, task.origin(), LATENCIES.encode(latency));
  }

  private Provenance provenance(GenerationTask task, String weightsHash) {
    Provenance provenance = new Provenance();
    provenance.setModel(model.name());
    provenance.setWeightsHash(weightsHash);
    task.request().adapter().ifPresent(provenance::setAdapter);
    provenance.setTemplateVersion(task.templateVersion());
    provenance.setSeed(task.request().sampling().seed());
    provenance.setEngineVersion(model.engineVersion());
    return provenance;
  }

  private List<TokenLogprob> logprobs(Completion completion) {
    return completion.logprobs().stream()
        .map(
            position ->
                new TokenLogprob(
                    position.chosen().token(),
                    encoder.decode(position.chosen().token()),
                    position.chosen().logprob(),
                    position.top().stream()
                        .map(
                            top ->
                                new TopLogprob(
                                    top.token(), encoder.decode(top.token()), top.logprob()))
                        .toList()))
        .toList();
  }

  private static FinishReason finishReason(dev.millrace.engine.FinishReason reason) {
    return switch (reason) {
      case STOP -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
      case DEADLINE -> FinishReason.DEADLINE;
      case CANCELLED ->
          throw new IllegalArgumentException("a cancelled generation is no completion");
    };
  }
}
