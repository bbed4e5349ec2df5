package dev.millrace.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import dev.millrace.engine.Completion;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Precision;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.constrain.grammar.Grammar;
import dev.millrace.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * More than 200 schemas and patterns against validators that know nothing of the engine:
 * networknt's for JSON Schema, the JDK's for patterns.
 */
class ConformanceTest {
  private static final int MAX_TOKENS = 400;

  /** The token of that name in the test tokenizer. */
  private static final int END_OF_TURN = 505;

  @TempDir static Path directory;

  static List<FormatSamples> all() {
    return FormatSamples.all().toList();
  }

  @Test
  void there_are_more_than_200_of_them() {
    assertThat(all()).hasSizeGreaterThan(200);
  }

  @ParameterizedTest
  @MethodSource("all")
  void every_valid_sample_is_accepted_and_no_invalid_one(FormatSamples samples) {
    ByteAutomaton automaton = ByteAutomaton.of(Grammar.of(samples.format()));
    assertThat(samples.valid()).allMatch(text -> isValid(samples, text), "valid to the validator");
    assertThat(samples.valid()).allMatch(automaton::accepts, "accepted");
    assertThat(samples.invalid()).noneMatch(automaton::accepts);
  }

  @Test
  void every_answer_of_a_model_of_random_weights_is_valid() {
    List<FormatSamples> formats = all();
    List<Completion> answers = answers(formats);
    int whole = 0;
    for (int i = 0; i < answers.size(); i++) {
      Completion answer = answers.get(i);
      FormatSamples samples = formats.get(i % formats.size());
      boolean cut = answer.finishReason() == FinishReason.LENGTH;
      whole += cut ? 0 : 1;
      assertThat(answer.valid().orElseThrow() || cut).as("%s: %s", samples, answer).isTrue();
      if (answer.valid().orElseThrow()) {
        assertThat(isValid(samples, answer.text())).as("%s: %s", samples, answer.text()).isTrue();
      }
    }
    // Random weights rarely end a string or a list that has no bounds.
    assertThat(whole).isGreaterThan(answers.size() * 4 / 5);
  }

  /** A greedy answer to every format, then a random one to every format. */
  private static List<Completion> answers(List<FormatSamples> formats) {
    Path checkpoint =
        new TinyCheckpoint()
            .endOfSequence(END_OF_TURN)
            .config("eos_token_id", String.valueOf(END_OF_TURN))
            .config("max_position_embeddings", "512")
            .write(directory);
    EngineOptions options = EngineOptions.of(checkpoint).in(Precision.FLOAT32).withThreads(1);
    try (Engine engine = Engine.open(options.withCacheTokens(64 * 512))) {
      List<Generation> generations = new ArrayList<>();
      for (Sampling sampling : List.of(Sampling.greedy(), Sampling.ofTemperature(1.5, 7))) {
        formats.forEach(
            samples -> generations.add(engine.submit(request(engine, samples, sampling))));
      }
      return generations.stream()
          .map(generation -> generation.completion().toCompletableFuture().join())
          .toList();
    }
  }

  private static GenerateRequest request(Engine engine, FormatSamples samples, Sampling sampling) {
    TokenIds prompt = TokenIds.of(engine.tokenizer().encode(samples.name(), true));
    return GenerateRequest.builder(samples.name(), prompt)
        .maxTokens(MAX_TOKENS)
        .sampling(sampling)
        .responseFormat(samples.format())
        .build();
  }

  private static boolean isValid(FormatSamples samples, String text) {
    if (samples.format() instanceof ResponseFormat.Regex regex) {
      return Pattern.compile(regex.pattern()).matcher(text).matches();
    }
    SchemaValidatorsConfig config =
        SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(samples.schema().orElseThrow(), config)
        .validate(parse(text))
        .isEmpty();
  }

  private static JsonNode parse(String text) {
    try {
      return FormatSamples.JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }
}
