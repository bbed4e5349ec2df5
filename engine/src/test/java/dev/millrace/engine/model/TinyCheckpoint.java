package dev.millrace.engine.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Writes a Llama checkpoint of random weights, always the same for the same settings. It answers
 * nonsense, but through every part that a real one goes through. Needs nothing but the JDK.
 */
public final class TinyCheckpoint {
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja");

  private final Map<String, String> config = new LinkedHashMap<>();
  private List<Integer> endOfSequence = List.of(2);
  private long seed = 1;
  private int vocabulary = 512;
  private int hidden = 64;
  private int intermediate = 96;
  private int layers = 2;
  private int heads = 4;
  private int kvHeads = 2;
  private int headDim = 16;
  private boolean tied = true;
  private boolean biased;
  private int experts;
  private int notANumber = -1;
  private String type = "F32";
  private int shards = 1;
  private int padding;

  public TinyCheckpoint seed(long seed) {
    this.seed = seed;
    return this;
  }

  public TinyCheckpoint vocabulary(int size) {
    vocabulary = size;
    return this;
  }

  public TinyCheckpoint shape(int hidden, int intermediate, int layers) {
    this.hidden = hidden;
    this.intermediate = intermediate;
    this.layers = layers;
    return this;
  }

  public TinyCheckpoint heads(int heads, int kvHeads, int headDim) {
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    return this;
  }

  /** Gives the LM head weights of its own. */
  public TinyCheckpoint untied() {
    tied = false;
    return this;
  }

  /** Gives every linear layer but the LM head a bias. */
  public TinyCheckpoint biased() {
    biased = true;
    return this;
  }

  /** Makes every layer's MLP a mixture of so many experts, two per token: a Mixtral. */
  public TinyCheckpoint experts(int count) {
    experts = count;
    return config("architectures", "[\"MixtralForCausalLM\"]")
        .config("model_type", "\"mixtral\"")
        .config("num_local_experts", "" + count)
        .config("num_experts_per_tok", "2");
  }

  /** Spoils a token's embedding: what is computed from it is not a number. */
  public TinyCheckpoint notANumber(int token) {
    notANumber = token;
    return this;
  }

  /** The element type of the weights: F32, F16 or BF16. */
  public TinyCheckpoint type(String safetensorsName) {
    type = safetensorsName;
    return this;
  }

  public TinyCheckpoint shards(int count) {
    shards = count;
    return this;
  }

  /** Makes the header {@code bytes} longer than its alignment, so that no tensor can be mapped. */
  public TinyCheckpoint misaligned(int bytes) {
    padding = bytes;
    return this;
  }

  /** Llama 3.2's rope scaling for a pre-training of 64 tokens, so that short tests feel it. */
  public TinyCheckpoint llama3Rope() {
    return config(
        "rope_scaling",
        "{\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0,"
            + " \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 64}");
  }

  /** The tokens that generation_config.json names. */
  public TinyCheckpoint endOfSequence(Integer... tokens) {
    endOfSequence = List.of(tokens);
    return this;
  }

  /** Sets or replaces a key of config.json; {@code json} is its value as JSON. */
  public TinyCheckpoint config(String key, String json) {
    config.put(key, json);
    return this;
  }

  /**
   * Writes the checkpoint's files, with the test tokenizer of 512 tokens if it is on the class path
   * and the vocabulary has that size.
   *
   * @return {@code directory}
   */
  public Path write(Path directory) {
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("config.json"), configJson());
      Files.writeString(
          directory.resolve("generation_config.json"),
          "{\"eos_token_id\": " + endOfSequence + "}\n");
      writeWeights(directory);
      if (vocabulary == 512) {
        copyTokenizer(directory);
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a LoRA adapter for every linear layer, as heavy as half of what it changes.
   *
   * @return {@code directory}
   */
  public Path writeAdapter(Path directory, int rank) {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    tensors()
        .forEach(
            (name, shape) -> {
              if (name.endsWith("_proj.weight")) {
                String layer = "base_model.model." + name.replace(".weight", ".lora_");
                shapes.put(layer + "A.weight", new int[] {rank, shape[1]});
                shapes.put(layer + "B.weight", new int[] {shape[0], rank});
              }
            });
    try {
      Files.createDirectories(directory);
      Files.writeString(
          directory.resolve("adapter_config.json"),
          """
          {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": %d, "lora_alpha": %d,
           "lora_dropout": 0.0, "bias": "none", "target_modules": ["q_proj", "k_proj", "v_proj",
           "o_proj", "gate_proj", "up_proj", "down_proj"]}
          """
              .formatted(rank, rank / 2));
      writeFile(directory.resolve("adapter_model.safetensors"), shapes);
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String configJson() {
    Map<String, String> json = new LinkedHashMap<>();
    json.put("architectures", "[\"LlamaForCausalLM\"]");
    json.put("model_type", "\"llama\"");
    json.put("hidden_act", "\"silu\"");
    json.put("vocab_size", "" + vocabulary);
    json.put("hidden_size", "" + hidden);
    json.put("intermediate_size", "" + intermediate);
    json.put("num_hidden_layers", "" + layers);
    json.put("num_attention_heads", "" + heads);
    json.put("num_key_value_heads", "" + kvHeads);
    json.put("head_dim", "" + headDim);
    json.put("max_position_embeddings", "4096");
    json.put("rms_norm_eps", "1e-05");
    json.put("rope_theta", "10000.0");
    json.put("attention_bias", "" + biased);
    json.put("mlp_bias", "" + biased);
    json.put("tie_word_embeddings", "" + tied);
    json.put("bos_token_id", "1");
    json.put("eos_token_id", "2");
    json.put("torch_dtype", type.equals("F32") ? "\"float32\"" : "\"bfloat16\"");
    json.putAll(config);
    List<String> entries = new ArrayList<>();
    json.forEach((key, value) -> entries.add("  \"" + key + "\": " + value));
    return "{\n" + String.join(",\n", entries) + "\n}\n";
  }

  private Map<String, int[]> tensors() {
    Map<String, int[]> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", new int[] {vocabulary, hidden});
    for (int i = 0; i < layers; i++) {
      String layer = "model.layers." + i + ".";
      shapes.put(layer + "input_layernorm.weight", new int[] {hidden});
      putLinear(shapes, layer + "self_attn.q_proj", heads * headDim, hidden);
      putLinear(shapes, layer + "self_attn.k_proj", kvHeads * headDim, hidden);
      putLinear(shapes, layer + "self_attn.v_proj", kvHeads * headDim, hidden);
      putLinear(shapes, layer + "self_attn.o_proj", hidden, heads * headDim);
      shapes.put(layer + "post_attention_layernorm.weight", new int[] {hidden});
      putMlp(shapes, layer);
    }
    shapes.put("model.norm.weight", new int[] {hidden});
    if (!tied) {
      shapes.put("lm_head.weight", new int[] {vocabulary, hidden});
    }
    return shapes;
  }

  private void putMlp(Map<String, int[]> shapes, String layer) {
    if (experts == 0) {
      putLinear(shapes, layer + "mlp.gate_proj", intermediate, hidden);
      putLinear(shapes, layer + "mlp.up_proj", intermediate, hidden);
      putLinear(shapes, layer + "mlp.down_proj", hidden, intermediate);
      return;
    }
    String mixture = layer + "block_sparse_moe.";
    putLinear(shapes, mixture + "gate", experts, hidden);
    for (int i = 0; i < experts; i++) {
      putLinear(shapes, mixture + "experts." + i + ".w1", intermediate, hidden);
      putLinear(shapes, mixture + "experts." + i + ".w3", intermediate, hidden);
      putLinear(shapes, mixture + "experts." + i + ".w2", hidden, intermediate);
    }
  }

  private void putLinear(Map<String, int[]> shapes, String name, int outputs, int inputs) {
    shapes.put(name + ".weight", new int[] {outputs, inputs});
    if (biased) {
      shapes.put(name + ".bias", new int[] {outputs});
    }
  }

  private void writeWeights(Path directory) throws IOException {
    Map<String, int[]> tensors = tensors();
    if (shards == 1) {
      writeFile(directory.resolve("model.safetensors"), tensors);
      return;
    }
    List<String> names = List.copyOf(tensors.keySet());
    List<String> index = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
      Map<String, int[]> part = new LinkedHashMap<>();
      for (String name :
          names.subList(shard * names.size() / shards, (shard + 1) * names.size() / shards)) {
        part.put(name, tensors.get(name));
        index.add("\"" + name + "\": \"" + file + "\"");
      }
      writeFile(directory.resolve(file), part);
    }
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        "{\"metadata\": {}, \"weight_map\": {" + String.join(",\n", index) + "}}\n");
  }

  private void writeFile(Path file, Map<String, int[]> tensors) throws IOException {
    List<String> entries = new ArrayList<>();
    int offset = 0;
    for (Map.Entry<String, int[]> tensor : tensors.entrySet()) {
      int end = offset + (type.equals("F32") ? 4 : 2) * elements(tensor.getValue());
      entries.add(
          "\"%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": [%d, %d]}"
              .formatted(tensor.getKey(), type, Arrays.toString(tensor.getValue()), offset, end));
      offset = end;
    }
    String json = "{\"__metadata__\": {\"format\": \"pt\"}, " + String.join(", ", entries) + "}";
    String header = json + " ".repeat((8 - json.length() % 8) % 8 + padding);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length() + offset).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    tensors.forEach((name, shape) -> fill(bytes, name, shape));
    Files.write(file, bytes.array());
  }

  /** Random numbers that depend on the tensor's name, not on the file it is in. */
  private void fill(ByteBuffer bytes, String name, int[] shape) {
    Random random = new Random(seed * 31 + name.hashCode());
    boolean norm = name.endsWith("norm.weight");
    boolean embedding = name.startsWith("model.embed");
    boolean table = embedding || shape.length == 1;
    double deviation = norm ? 0.2 : table ? 0.5 : 1.5 / Math.sqrt(shape[1]);
    double mean = norm ? 1 : 0;
    for (int i = 0; i < elements(shape); i++) {
      float value = (float) (mean + deviation * random.nextGaussian());
      put(bytes, embedding && i / hidden == notANumber ? Float.NaN : value);
    }
  }

  private void put(ByteBuffer bytes, float value) {
    switch (type) {
      case "F32" -> bytes.putFloat(value);
      case "BF16" -> bytes.putShort((short) (Float.floatToIntBits(value) >>> 16));
      case "F16" -> bytes.putShort(half(value));
      default -> throw new IllegalArgumentException("type " + type);
    }
  }

  /** Truncates to float16; the weights here are far from its limits. */
  private static short half(float value) {
    int bits = Float.floatToIntBits(value);
    int exponent = ((bits >>> 23) & 0xff) - 127 + 15;
    int magnitude = exponent <= 0 ? 0 : (exponent << 10) | ((bits >>> 13) & 0x3ff);
    return (short) (((bits >>> 16) & 0x8000) | magnitude);
  }

  private static int elements(int[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  private static void copyTokenizer(Path directory) throws IOException {
    for (String file : TOKENIZER_FILES) {
      try (InputStream in =
          TinyCheckpoint.class.getResourceAsStream("/tokenizers/byte-level/" + file)) {
        if (in != null) {
          Files.write(directory.resolve(file), in.readAllBytes());
        }
      }
    }
  }
}
