package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineListener;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.StepReport;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What it costs a step to hold every sequence's answer to a JSON Schema.
 *
 * <p>The same prompts are answered freely and in the schema's form, in turn and with the order of
 * the two changing, so that a machine that becomes slower or faster does so for both. Of each run
 * only full decode steps count, by their median, and of the pairs the median again.
 */
public final class ConstrainedBench {
  private static final long SEED = 0;
  private static final int PROMPT_TOKENS = 32;
  private static final int ANSWER_TOKENS = 40;

  /** More items than an answer has room for, so that none ends early. */
  private static final ResponseFormat SCHEMA =
      new ResponseFormat.JsonSchema(
          """
          {"type": "array", "minItems": 30, "maxItems": 40, "items": {
            "type": "object",
            "properties": {
              "customer": {"type": "string", "maxLength": 24},
              "kind": {"enum": ["order", "invoice", "refund", "complaint"]},
              "amount": {"type": "number", "minimum": 0, "maximum": 100000},
              "paid": {"type": "boolean"}},
            "required": ["customer", "kind", "amount", "paid"]}}
          """);

  private final String model;
  private final EngineOptions options;
  private final int batch;
  private final int pairs;

  /**
   * @param model its name in the report
   * @param batch sequences in a step
   * @param pairs of runs
   */
  public ConstrainedBench(String model, EngineOptions options, int batch, int pairs) {
    this.model = requireNonNull(model, "model");
    this.options = requireNonNull(options, "options");
    this.batch = batch;
    this.pairs = pairs;
  }

  /**
   * Measures; takes a minute or some.
   *
   * @param err told how far it is
   */
  public ConstrainedReport run(PrintWriter err) {
    StepLog log = new StepLog(EngineListener.NONE);
    try (Engine engine = Engine.open(options, log)) {
      Workload workload =
          new Workload(
              "constrained",
              batch,
              Workload.Range.of(PROMPT_TOKENS),
              Workload.Range.of(ANSWER_TOKENS),
              0);
      Runs runs =
          new Runs(engine, log, workload.requests(engine.model().vocabularySize(), SEED), batch);
      runs.measure(Optional.empty());
      runs.measure(Optional.of(SCHEMA));
      List<Double> free = new ArrayList<>();
      List<Double> constrained = new ArrayList<>();
      for (int pair = 0; pair < pairs; pair++) {
        if (pair % 2 == 0) {
          free.add(runs.measure(Optional.empty()));
          constrained.add(runs.measure(Optional.of(SCHEMA)));
        } else {
          constrained.add(runs.measure(Optional.of(SCHEMA)));
          free.add(runs.measure(Optional.empty()));
        }
        err.printf(
            Locale.ROOT,
            "  pair %d of %d: %.2f ms a step free, %.2f ms constrained%n",
            pair + 1,
            pairs,
            free.get(pair),
            constrained.get(pair));
        err.flush();
      }
      return new ConstrainedReport(
          model, engine.model().vocabularySize(), batch, runs.steps, free, constrained);
    }
  }

  /** The same requests again and again. */
  private static final class Runs {
    private final Engine engine;
    private final StepLog log;
    private final List<GenerateRequest> requests;
    private final int batch;
    private int steps;

    Runs(Engine engine, StepLog log, List<GenerateRequest> requests, int batch) {
      this.engine = engine;
      this.log = log;
      this.requests = requests;
      this.batch = batch;
    }

    /** The median milliseconds of a step that decodes for all sequences. */
    double measure(Optional<ResponseFormat> format) {
      log.take();
      List<CompletionStage<Completion>> answers =
          requests.stream()
              .map(request -> format.map(form -> inForm(request, form)).orElse(request))
              .map(engine::submit)
              .map(Generation::completion)
              .toList();
      answers.forEach(answer -> answer.toCompletableFuture().join());
      double[] full =
          log.take().stream()
              .filter(step -> step.isDecode() && step.sequences() == batch)
              .map(StepReport::times)
              .mapToDouble(times -> times.total() / 1e6)
              .sorted()
              .toArray();
      if (full.length == 0) {
        throw new IllegalStateException("no step had all %d sequences".formatted(batch));
      }
      steps += full.length;
      return full[full.length / 2];
    }

    private static GenerateRequest inForm(GenerateRequest request, ResponseFormat format) {
      return GenerateRequest.builder(request.id(), request.prompt())
          .maxTokens(request.maxTokens())
          .ignoreEndOfSequence()
          .responseFormat(format)
          .build();
    }
  }
}
