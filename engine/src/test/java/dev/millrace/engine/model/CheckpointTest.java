package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stops the start, and whether the message says where and what. */
class CheckpointTest {
  private static final String WEIGHTS = "model.safetensors";

  @TempDir Path directory;

  // ---- configuration

  @Test
  void readsLlamasDefaults() {
    ModelConfig config =
        config(
            new TinyCheckpoint()
                .heads(4, 4, 16)
                .config("head_dim", "null")
                .config("num_key_value_heads", "null")
                .config("rope_theta", "null")
                .config("rms_norm_eps", "null")
                .config("tie_word_embeddings", "null")
                .config("torch_dtype", "null"));
    assertThat(config.headDim()).isEqualTo(16);
    assertThat(config.kvHeads()).isEqualTo(4);
    assertThat(config.ropeTheta()).isEqualTo(10_000);
    assertThat(config.rmsNormEpsilon()).isEqualTo(1e-6);
    assertThat(config.embeddingsTied()).isFalse();
    assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.None());
    assertThat(config.type()).isEqualTo(FloatType.FLOAT32);
  }

  @Test
  void honoursAHeadDimensionOfItsOwn() {
    assertThat(config(new TinyCheckpoint().heads(4, 2, 48)).headDim()).isEqualTo(48);
  }

  @Test
  void findsRopeWhereverACheckpointPutsIt() {
    String llama3 =
        "\"factor\": 32, \"low_freq_factor\": 1, \"high_freq_factor\": 4,"
            + " \"original_max_position_embeddings\": 8192";
    RopeScaling expected = new RopeScaling.Llama3(32, 1, 4, 8192);
    ModelConfig old =
        config(
            new TinyCheckpoint()
                .config("rope_scaling", "{\"type\": \"llama3\", " + llama3 + "}")
                .config("rope_theta", "500000"));
    ModelConfig current =
        config(
            new TinyCheckpoint()
                .config("rope_theta", "null")
                .config(
                    "rope_parameters",
                    "{\"rope_theta\": 500000, \"rope_type\": \"llama3\", " + llama3 + "}"));
    assertThat(old.ropeScaling()).isEqualTo(expected);
    assertThat(old.ropeTheta()).isEqualTo(500_000);
    assertThat(current.ropeScaling()).isEqualTo(expected);
    assertThat(current.ropeTheta()).isEqualTo(500_000);
  }

  @Test
  void joinsTheEndOfSequenceTokensOfBothFiles() {
    assertThat(
            config(new TinyCheckpoint().config("eos_token_id", "[2, 9]").endOfSequence(9, 11))
                .endOfSequence())
        .containsExactlyInAnyOrder(2, 9, 11);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "architectures | [\"Qwen2ForCausalLM\"] | Qwen2ForCausalLM",
        "architectures | null | architectures",
        "model_type | \"granite\" | granite",
        "hidden_act | \"gelu\" | gelu",
        "rope_scaling | {\"rope_type\": \"longrope\", \"factor\": 4.0} | rope_scaling.rope_type \"longrope\"",
        "rope_scaling | {\"rope_type\": \"yarn\", \"factor\": 4, \"truncate\": 1} | rope_scaling.truncate 1",
        "rope_scaling | {\"rope_type\": \"yarn\", \"factor\": 0} | rope_scaling.factor 0",
        "rope_scaling | {\"type\": \"dynamic\", \"factor\": 2, \"original_max_position_embeddings\": 64} | original_max_position_embeddings 64",
        "rope_parameters | {\"rope_type\": \"default\", \"partial_rotary_factor\": 0.5} | rope_parameters.partial_rotary_factor 0.5",
        "layer_types | [\"sliding_attention\", \"full_attention\"] | sliding_attention",
        "rope_scaling | {\"rope_type\": \"linear\"} | rope_scaling.factor",
        "rope_scaling | {\"rope_type\": \"linear\", \"factor\": -1} | rope_scaling.factor -1",
        "quantization_config | {\"quant_method\": \"gptq\"} | gptq",
        "torch_dtype | \"float8_e4m3fn\" | float8_e4m3fn",
        "sliding_window | 4096 | 4096",
        "partial_rotary_factor | 0.5 | 0.5",
        "hidden_size | \"wide\" | wide",
        "hidden_size | 1e3 | hidden_size",
        "vocab_size | 0 | vocab_size 0",
        "num_hidden_layers | null | num_hidden_layers",
        "num_key_value_heads | 3 | num_key_value_heads 3",
        "head_dim | 15 | head_dim 15",
        "rms_norm_eps | -1 | rms_norm_eps -1",
        "attention_bias | 1 | attention_bias",
        "eos_token_id | \"</s>\" | eos_token_id",
      })
  void refusesConfigurationsItDoesNotImplement(String key, String json, String named) {
    Path checkpoint = new TinyCheckpoint().config(key, json).write(directory);
    assertThatThrownBy(() -> Checkpoint.open(checkpoint))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(key)
        .hasMessageContaining(named);
  }

  @Test
  void refusesAConfigurationThatIsNotThereOrNotJson() throws IOException {
    Path checkpoint = new TinyCheckpoint().write(directory);
    Files.writeString(checkpoint.resolve("config.json"), "{\"architectures\": ");
    assertRefused("config.json");
    Files.delete(checkpoint.resolve("config.json"));
    assertRefused("config.json is missing");
  }

  // ---- weights

  @Test
  void namesAMissingTensor() throws IOException {
    new TinyCheckpoint().write(directory);
    edit("model.layers.1.mlp.up_proj.weight", "model.layers.1.mlp.UP_proj.weight");
    assertRefused("model.layers.1.mlp.up_proj.weight is missing");
  }

  @Test
  void namesATensorOfTheWrongShape() {
    new TinyCheckpoint().config("intermediate_size", "128").write(directory);
    assertRefused(
        WEIGHTS + ": tensor model.layers.0.mlp.gate_proj.weight has shape [96, 64]",
        "asks for [128, 64]");
  }

  @Test
  void namesATruncatedFile() throws IOException {
    new TinyCheckpoint().write(directory);
    try (var file = new RandomAccessFile(directory.resolve(WEIGHTS).toFile(), "rw")) {
      file.setLength(file.length() - 1);
    }
    assertRefused(WEIGHTS + " is truncated: tensor model.norm.weight");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 8, 500})
  void namesAFileThatEndsInItsHeader(int length) throws IOException {
    new TinyCheckpoint().write(directory);
    try (var file = new RandomAccessFile(directory.resolve(WEIGHTS).toFile(), "rw")) {
      file.setLength(length);
    }
    assertRefused(WEIGHTS);
  }

  @Test
  void namesAShardThatIsMissing() throws IOException {
    new TinyCheckpoint().shards(2).write(directory);
    Files.delete(directory.resolve("model-00002-of-00002.safetensors"));
    assertRefused("model-00002-of-00002.safetensors is missing", "index.json");
  }

  @Test
  void refusesAShardOutsideTheDirectory() throws IOException {
    new TinyCheckpoint().shards(2).write(directory);
    Path index = directory.resolve("model.safetensors.index.json");
    Files.writeString(index, Files.readString(index).replace("model-00002", "../model-00002"));
    assertRefused("index.json", "weight_map", "../model-00002-of-00002.safetensors");
  }

  @Test
  void saysHowToConvertPickledWeights() throws IOException {
    new TinyCheckpoint().write(directory);
    Files.move(directory.resolve(WEIGHTS), directory.resolve("pytorch_model.bin"));
    assertRefused("no model.safetensors", "save_pretrained(safe_serialization=True)");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "[] | not a JSON object",
        "{\"a\": | not JSON",
        "{\"a\": {\"dtype\": \"I8\", \"shape\": [4], \"data_offsets\": [0, 4]}} | I8",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [4, 0]}} | data_offsets",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [-4, 0]}} | data_offsets",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0.5, 4]}} | data_offsets",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 4]}} | does not fill",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [-1], \"data_offsets\": [0, 4]}} | shape",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [4611686018427387905], \"data_offsets\": [0, 4]}}"
            + " | does not fill",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 9223372036854775807]}}"
            + " | truncated",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]},"
            + " \"b\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [2, 6]}} | overlap",
        "{\"a\": {\"dtype\": \"F32\", \"shape\": [1]}} | data_offsets",
        "{\"a\": 1} | dtype",
        "{\"a\": {\"dtype\": [[[[[[[[[[]]]]]]]]]]}} | not JSON",
      })
  void refusesHeadersThatContradictThemselves(String header, String named) {
    Path file = safetensors(header.length(), header);
    assertThatThrownBy(() -> SafetensorsFile.read(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(named);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 100_000_001, Long.MAX_VALUE, Long.MIN_VALUE})
  void refusesAHeaderOfImpossibleLengthBeforeReadingIt(long length) {
    Path file = safetensors(length, "{}");
    assertThatThrownBy(() -> SafetensorsFile.read(file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(file.toString());
  }

  // ---- provenance

  @Test
  void theHashTellsWeightsAndConfigurationsApartButNotDirectories() {
    String hash = hash(new TinyCheckpoint(), "a");
    assertThat(hash(new TinyCheckpoint(), "b")).isEqualTo(hash);
    assertThat(hash(new TinyCheckpoint().seed(2), "c")).isNotEqualTo(hash);
    assertThat(hash(new TinyCheckpoint().config("rope_theta", "20000"), "d")).isNotEqualTo(hash);
  }

  private String hash(TinyCheckpoint checkpoint, String name) {
    return Checkpoint.open(checkpoint.write(directory.resolve(name))).weightsHash();
  }

  private ModelConfig config(TinyCheckpoint checkpoint) {
    return ConfigReader.read(checkpoint.write(directory));
  }

  private void assertRefused(String... named) {
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(named);
  }

  /** Replaces a string in the weights' header by one of the same length. */
  private void edit(String from, String to) throws IOException {
    Path file = directory.resolve(WEIGHTS);
    String latin = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    Files.write(file, latin.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
  }

  private Path safetensors(long headerLength, String header) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    try {
      return Files.write(
          directory.resolve("test.safetensors"), bytes.putLong(headerLength).put(json).array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
