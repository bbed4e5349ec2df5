package dev.millrace.engine.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an adapter is refused for: everything that would make its answers others than PEFT's. */
class AdapterCheckpointTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ModelConfig MODEL =
      Checkpoint.open(FamilyFixture.of("llama-3.1").checkpoint()).config();

  @TempDir Path directory;

  @BeforeEach
  void copyAnAdapter() throws IOException {
    Path adapter = FamilyFixture.ofAdapter("everywhere").checkpoint();
    for (String file : new String[] {"adapter_config.json", "adapter_model.safetensors"}) {
      Files.copy(adapter.resolve(file), directory.resolve(file));
    }
  }

  @Test
  void aWholeAdapterIsRead() {
    AdapterCheckpoint adapter = AdapterCheckpoint.open(directory, MODEL);
    assertThat(adapter.rank()).isEqualTo(4);
    assertThat(adapter.scale()).isEqualTo(2.0);
    assertThat(adapter.tensors()).hasSize(2 * 7 * MODEL.layers().size());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "use_dora, true",
        "bias, `\"all\"`",
        "modules_to_save, `[\"lm_head\"]`",
        "rank_pattern, `{\"q_proj\": 8}`",
        "alpha_pattern, `{\"q_proj\": 8}`",
        "target_parameters, `[\"experts.down_proj\"]`",
        "trainable_token_indices, `[3]`",
        "layer_replication, `[[0, 1]]`",
        "exclude_modules, `\"q_proj\"`",
        "fan_in_fan_out, true",
        "lora_bias, true",
        "use_qalora, true",
        "alora_invocation_tokens, `[1, 2]`",
        "init_lora_weights, `\"pissa\"`",
        "init_lora_weights, `\"olora\"`",
        "peft_type, `\"IA3\"`",
        "task_type, `\"SEQ_CLS\"`",
        "something_of_tomorrow, 3",
        "target_modules, `[\"q_proj\", \"lm_head\"]`",
        "target_modules, `[\"w1\"]`",
        "target_modules, `[]`",
        "r, 0",
        "r, 100000",
        "lora_alpha, -1",
      })
  void whatIsNotImplementedIsRefusedByName(String key, String value) throws IOException {
    change(config -> config.set(key, json(value)));
    assertRefused("adapter_config.json", key);
  }

  @Test
  void aTensorOfALayerThatTheConfigurationLeavesOutIsRefused() throws IOException {
    change(config -> config.set("target_modules", json("[\"q_proj\"]")));
    assertRefused("model.layers.0.self_attn.k_proj is not adapted by adapter_config.json");
  }

  @Test
  void aLayerWithoutItsTensorsIsRefused() throws IOException {
    change(config -> config.set("layers_to_transform", json("[0]")));
    assertRefused("model.layers.1.self_attn.q_proj is not adapted by adapter_config.json");
  }

  @Test
  void anAdapterOfAnotherRankOrModelIsRefused() throws IOException {
    change(config -> config.put("r", 8));
    assertRefused("lora_A", "has shape [4, ", "ask for [8, ", "another model");
  }

  @Test
  void tensorsOutsideTheAdaptableLayersAreRefused() throws IOException {
    Path weights = directory.resolve("adapter_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    replace(bytes, "q_proj.lora_A", "q_prox.lora_A");
    Files.write(weights, bytes);
    assertRefused("q_prox.lora_A.weight", "Millrace cannot adapt");
  }

  @Test
  void pickledWeightsAreRefusedWithAWayOut() throws IOException {
    Files.move(
        directory.resolve("adapter_model.safetensors"), directory.resolve("adapter_model.bin"));
    assertRefused("pickled weights, which can run code", "safe_serialization=True");
  }

  @Test
  void aDirectoryWithoutAnAdapterIsRefused() throws IOException {
    Files.delete(directory.resolve("adapter_config.json"));
    assertRefused("adapter_config.json is missing", "PEFT layout");
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> AdapterCheckpoint.open(directory, MODEL))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(parts);
  }

  private void change(Consumer<ObjectNode> change) throws IOException {
    Path path = directory.resolve("adapter_config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(path.toFile());
    change.accept(config);
    JSON.writeValue(path.toFile(), config);
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  /** Overwrites the first occurrence. */
  private static void replace(byte[] bytes, String from, String to) {
    String text = new String(bytes, ISO_8859_1);
    int at = text.indexOf(from);
    byte[] replacement = to.getBytes(ISO_8859_1);
    System.arraycopy(replacement, 0, bytes, at, replacement.length);
  }
}
