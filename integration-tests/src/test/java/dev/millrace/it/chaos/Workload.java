package dev.millrace.it.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Precision;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.it.PromptMix;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The prompts of a run, always the same for a seed, and the texts that an undisturbed engine gives
 * them. Half are greedy, half sampled with a seed of their own.
 */
final class Workload {
  private static final int SHORTEST = 60;
  private static final int LONGEST = 300;
  private static final int CONTEXT = 512;

  /** A prompt that must be completed. */
  record Prompt(String id, String text, int maxTokens, double temperature, long seed) {
    ProducerRecord<byte[], byte[]> record() {
      String json =
          "{\"id\":\"%s\",\"prompt\":\"%s\",\"max_tokens\":%d,\"temperature\":%s,\"seed\":%d}"
              .formatted(id, text, maxTokens, temperature, seed);
      return new ProducerRecord<>("prompts", id.getBytes(UTF_8), json.getBytes(UTF_8));
    }
  }

  private final List<Prompt> prompts;

  Workload(int count, long seed) {
    Random random = new Random(seed);
    prompts = IntStream.range(0, count).mapToObj(i -> prompt(i, random)).toList();
  }

  private static Prompt prompt(int i, Random random) {
    return new Prompt(
        "prompt-" + i,
        "Number " + i + " of many" + ", and many".repeat(random.nextInt(6)),
        SHORTEST + random.nextInt(LONGEST - SHORTEST),
        i % 2 == 0 ? 0 : 0.8,
        random.nextInt(1_000_000));
  }

  /** Writes the model of the run: random weights, and an end of sequence that some texts meet. */
  static Path writeModel(Path folder) {
    return new TinyCheckpoint()
        .endOfSequence(511)
        .config("max_position_embeddings", "" + CONTEXT)
        .write(folder);
  }

  List<Prompt> prompts() {
    return prompts;
  }

  /** The text of each prompt, from an engine that nothing happens to. */
  Map<String, String> undisturbedTexts(Path model) {
    EngineOptions options =
        EngineOptions.of(model).in(Precision.FLOAT32).withThreads(1).withCacheTokens(16_384);
    try (Engine engine = Engine.open(options)) {
      List<Generation> generations =
          prompts.stream().map(prompt -> engine.submit(request(engine, prompt))).toList();
      Map<String, String> texts = new LinkedHashMap<>();
      for (Generation generation : generations) {
        texts.put(
            generation.request().id(), generation.completion().toCompletableFuture().join().text());
      }
      return texts;
    }
  }

  private static GenerateRequest request(Engine engine, Prompt prompt) {
    return GenerateRequest.builder(
            prompt.id(), TokenIds.of(engine.tokenizer().encode(prompt.text(), true)))
        .maxTokens(prompt.maxTokens())
        .sampling(Sampling.ofTemperature(prompt.temperature(), prompt.seed()))
        .build();
  }

  /**
   * Records that must become dead letters, so many of every bad kind, by their keys.
   *
   * @param name makes the keys of one flood different from those of another
   */
  static Map<String, PromptMix.Prompt> poison(String name, int copies) {
    Map<String, PromptMix.Prompt> flood = new LinkedHashMap<>();
    PromptMix.bad(CONTEXT)
        .forEach(
            (kind, prompt) ->
                IntStream.range(0, copies)
                    .filter(copy -> copy == 0 || !PromptMix.isLarge(prompt))
                    .forEach(copy -> flood.put(name + "-" + kind + "-" + copy, prompt)));
    return flood;
  }

  static ProducerRecord<byte[], byte[]> poisonRecord(String key, PromptMix.Prompt prompt) {
    return new ProducerRecord<>("prompts", key.getBytes(UTF_8), prompt.value().orElse(null));
  }
}
