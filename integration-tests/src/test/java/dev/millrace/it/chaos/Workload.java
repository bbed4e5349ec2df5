package dev.millrace.it.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.Completion;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Precision;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.it.PromptMix;
import dev.millrace.schema.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The prompts of a run, always the same for a seed, and the texts that an undisturbed engine gives
 * them. Half are greedy, half sampled with a seed of their own; one of four asks for log
 * probabilities.
 *
 * <p>The model has two tokens that make a step fail if they are in a prompt: one of which the
 * embedding is not a number, and one that only the tokenizer knows.
 */
final class Workload {
  /** The most tokens of the longest answer, if nobody says otherwise; the shortest has a fifth. */
  static final int LONGEST = 300;

  private static final int CONTEXT = 512;
  private static final int VOCABULARY = 512;
  private static final int NOT_A_NUMBER = 498;
  private static final String NAME_OF_NOT_A_NUMBER = "<|reserved_special_token_0|>";
  private static final String ONLY_IN_THE_TOKENIZER = "<|only_in_the_tokenizer|>";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** A prompt that must be completed. */
  record Prompt(
      String id, String text, int maxTokens, double temperature, long seed, boolean scored) {
    ProducerRecord<byte[], byte[]> record() {
      String json =
          "{\"id\":\"%s\",\"prompt\":\"%s\",\"max_tokens\":%d,\"temperature\":%s,\"seed\":%d%s}"
              .formatted(id, text, maxTokens, temperature, seed, scored ? ",\"logprobs\":1" : "");
      return new ProducerRecord<>("prompts", id.getBytes(UTF_8), json.getBytes(UTF_8));
    }
  }

  private final List<Prompt> prompts;

  Workload(int count, long seed) {
    this(count, seed, LONGEST);
  }

  Workload(int count, long seed, int longest) {
    Random random = new Random(seed);
    prompts = IntStream.range(0, count).mapToObj(i -> prompt(i, longest, random)).toList();
  }

  private static Prompt prompt(int i, int longest, Random random) {
    return new Prompt(
        "prompt-" + i,
        "Number " + i + " of many" + ", and many".repeat(random.nextInt(6)),
        longest / 5 + random.nextInt(longest - longest / 5),
        i % 2 == 0 ? 0 : 0.8,
        random.nextInt(1_000_000),
        i / 2 % 2 == 0 && i % 2 == 0);
  }

  /** Writes the model of the run: random weights, and an end of sequence that some texts meet. */
  static Path writeModel(Path folder) throws IOException {
    new TinyCheckpoint()
        .untied()
        .notANumber(NOT_A_NUMBER)
        .endOfSequence(511, NOT_A_NUMBER) // whoever generates it does not go on from it
        .config("max_position_embeddings", "" + CONTEXT)
        .write(folder);
    addToTokenizer(folder.resolve("tokenizer.json"));
    return folder;
  }

  private static void addToTokenizer(Path file) throws IOException {
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(file.toFile());
    tokenizer
        .withArray("added_tokens")
        .addObject()
        .put("id", VOCABULARY)
        .put("content", ONLY_IN_THE_TOKENIZER)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
    JSON.writeValue(file.toFile(), tokenizer);
  }

  List<Prompt> prompts() {
    return prompts;
  }

  /** The text of each prompt, from an engine that nothing happens to. */
  Map<String, String> undisturbedTexts(Path model) {
    try (Engine engine = Engine.open(options(model))) {
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

  /**
   * Which of these texts an undisturbed engine gives, too, if it computes them in other pieces:
   * each alone, or resumed after some of its tokens. How many tokens are computed at once, and how
   * many come from the prefix cache, decides how their sums are rounded, by about one part in ten
   * million; a token that is all but a draw may then be another one.
   */
  List<String> roundedOtherwise(Path model, Map<String, String> texts) {
    if (texts.isEmpty()) {
      return List.of();
    }
    try (Engine engine = Engine.open(options(model))) {
      return prompts.stream()
          .filter(prompt -> texts.containsKey(prompt.id()))
          .filter(prompt -> isGiven(texts.get(prompt.id()), engine, request(engine, prompt)))
          .map(Prompt::id)
          .toList();
    }
  }

  private static boolean isGiven(String text, Engine engine, GenerateRequest request) {
    Completion alone = completion(engine, request);
    int[] tokens = alone.tokens().toArray();
    return text.equals(alone.text())
        || IntStream.range(1, tokens.length)
            .mapToObj(n -> request.resumedFrom(TokenIds.of(Arrays.copyOf(tokens, n))))
            .anyMatch(resumed -> text.equals(completion(engine, resumed).text()));
  }

  private static Completion completion(Engine engine, GenerateRequest request) {
    return engine.submit(request).completion().toCompletableFuture().join();
  }

  private static EngineOptions options(Path model) {
    return EngineOptions.of(model).in(Precision.FLOAT32).withThreads(1).withCacheTokens(16_384);
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
    Map<String, PromptMix.Prompt> kinds = new LinkedHashMap<>(PromptMix.bad(CONTEXT));
    kinds.put("not-a-number", failing(NAME_OF_NOT_A_NUMBER));
    kinds.put("outside-the-vocabulary", failing(ONLY_IN_THE_TOKENIZER));
    Map<String, PromptMix.Prompt> flood = new LinkedHashMap<>();
    kinds.forEach(
        (kind, prompt) ->
            IntStream.range(0, copies)
                .filter(copy -> copy == 0 || !PromptMix.isLarge(prompt))
                .forEach(copy -> flood.put(name + "-" + kind + "-" + copy, prompt)));
    return flood;
  }

  /** A prompt that begins like the good ones and makes the step fail that computes it. */
  private static PromptMix.Prompt failing(String token) {
    String json =
        "{\"id\":\"failing\",\"prompt\":\"Number 1 of many, and many %s\"}".formatted(token);
    return new PromptMix.Prompt(
        Optional.of(json.getBytes(UTF_8)), Optional.of(ErrorCode.GENERATION_FAILED));
  }

  static ProducerRecord<byte[], byte[]> poisonRecord(String key, PromptMix.Prompt prompt) {
    return new ProducerRecord<>("prompts", key.getBytes(UTF_8), prompt.value().orElse(null));
  }
}
