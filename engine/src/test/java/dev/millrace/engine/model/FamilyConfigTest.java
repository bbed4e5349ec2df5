package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the configurations of the other families say, and what of it is refused. */
class FamilyConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  @Test
  void everyMistralLayerSlides() throws IOException {
    ModelConfig config = read("mistral-7b-v0.1", "sliding_window", "24");
    assertThat(config.localSpan()).isEqualTo(new AttentionSpan.Sliding(24));
    assertThat(config.layers()).containsOnly(new LayerConfig(true, true, false));
  }

  @Test
  void aNullWindowIsFullAttention() throws IOException {
    ModelConfig config = read("mistral-7b-v0.1", "sliding_window", "null");
    assertThat(config.localSpan()).isEqualTo(new AttentionSpan.Full());
    assertThat(config.layers()).containsOnly(new LayerConfig(true, false, false));
  }

  @Test
  void llama4RotatesAllButEveryFourthLayerUnlessItSaysOtherwise() throws IOException {
    for (String json : List.of("null", "[]")) {
      assertThat(read("llama-4-maverick", "no_rope_layers", json).layers())
          .extracting(LayerConfig::rotary)
          .containsExactly(true, true, true, false);
    }
    assertThat(read("llama-4-maverick", "no_rope_layers", "[1, 0, 1, 0]").layers())
        .extracting(LayerConfig::rotary)
        .containsExactly(true, false, true, false);
  }

  @Test
  void llama4InterleavesExpertsByStepOrByList() throws IOException {
    assertThat(read("llama-4-maverick", "moe_layers", "null").layers())
        .extracting(LayerConfig::sparse)
        .containsExactly(false, true, false, true);
    assertThat(read("llama-4-maverick", "moe_layers", "[0, 3]").layers())
        .extracting(LayerConfig::sparse)
        .containsExactly(true, false, false, true);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "mistral-7b-v0.1 | sliding_window | missing",
        "mistral-7b-v0.1 | sliding_window | 0",
        "mistral-7b-v0.1 | num_key_value_heads | missing",
        "mistral-7b-v0.1 | rope_theta | missing",
        "mistral-7b-v0.1 | rms_norm_eps | missing",
        "mistral-7b-v0.1 | max_position_embeddings | missing",
        "mistral-7b-v0.1 | attention_bias | true",
        "mistral-7b-v0.1 | layer_types | [\"full_attention\", \"sliding_attention\"]",
        "mixtral | num_local_experts | missing",
        "mixtral | num_experts_per_tok | 5",
        "llama-4-maverick | intermediate_size_mlp | missing",
        "llama-4-maverick | attention_chunk_size | null",
        "llama-4-maverick | no_rope_layers | [1, 0]",
        "llama-4-maverick | no_rope_layers | [1, 0, 1, -1]",
        "llama-4-maverick | layer_types | [\"sliding_attention\"]",
        "llama-4-maverick | layer_types | [\"full_attention\"]",
        "llama-4-maverick | moe_layers | [4]",
        "llama-4-maverick | moe_layers | \"all\"",
        "llama-4-maverick | use_qk_norm | 1",
        "llama-4-maverick | model_type | \"llama4\"",
        "llama-4-maverick | rope_scaling | {\"rope_type\": \"linear\", \"factor\": 2.0}",
        "llama-4-maverick | rope_scaling | {\"factor\": 2.0}",
        "llama-4-scout | text_config | missing",
        "llama-4-scout | tie_word_embeddings | true",
        "llama-4-scout | quantization_config | {\"quant_method\": \"compressed-tensors\"}",
      })
  void refusesByName(String family, String key, String json) {
    assertThatThrownBy(() -> read(family, key, json))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(key.equals("text_config") ? "text_config." : key);
  }

  /** The family's configuration with one key set to {@code json}, or without it. */
  private ModelConfig read(String family, String key, String json) throws IOException {
    Path published = FamilyFixture.of(family).checkpoint().resolve("config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(published.toFile());
    if (json.equals("missing")) {
      config.remove(key);
    } else {
      config.set(key, JSON.readTree(json));
    }
    Files.write(directory.resolve("config.json"), JSON.writeValueAsBytes(config));
    return ConfigReader.read(directory);
  }
}
