package dev.millrace.cli.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A checkpoint of a {@link Shape} in Hugging Face layout, with random weights in bfloat16: the same
 * ones every time. Its tokenizer is that of another model, whose ids are among its own.
 */
public final class RandomCheckpoint {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json");
  private static final int BUFFER_BYTES = 1 << 22;

  /** As wide as the weights of a model that has not learned anything, so that nothing overflows. */
  private static final float WIDTH = 0.02f;

  private static final short ONE = 0x3f80;

  private final Shape shape;
  private final Map<String, long[]> tensors = new LinkedHashMap<>();

  private RandomCheckpoint(Shape shape) {
    this.shape = requireNonNull(shape, "shape");
    addTensors();
  }

  /**
   * The folder of the shape's checkpoint, written first if it is not there yet.
   *
   * @param cache folder of all such checkpoints
   * @param tokenizer folder to take the tokenizer's files from
   */
  public static Path in(Path cache, Shape shape, Path tokenizer) throws IOException {
    Path folder = cache.resolve(shape.name());
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(cache);
      Path unfinished = Files.createTempDirectory(cache, shape.name() + "-");
      new RandomCheckpoint(shape).write(unfinished, tokenizer);
      Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
    }
    return folder;
  }

  private void write(Path folder, Path tokenizer) throws IOException {
    JSON.writeValue(folder.resolve("config.json").toFile(), config());
    for (String file : TOKENIZER_FILES) {
      Files.copy(tokenizer.resolve(file), folder.resolve(file));
    }
    writeWeights(folder.resolve("model.safetensors"));
  }

  private Map<String, Object> config() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of("LlamaForCausalLM"));
    config.put("model_type", "llama");
    config.put("torch_dtype", "bfloat16");
    config.put("vocab_size", shape.vocabulary());
    config.put("hidden_size", shape.hidden());
    config.put("intermediate_size", shape.intermediate());
    config.put("num_hidden_layers", shape.layers());
    config.put("num_attention_heads", shape.heads());
    config.put("num_key_value_heads", shape.kvHeads());
    config.put("head_dim", shape.headDim());
    config.put("max_position_embeddings", shape.positions());
    config.put("rms_norm_eps", 1e-5);
    config.put("rope_theta", shape.ropeTheta());
    if (!shape.ropeScaling().isEmpty()) {
      config.put("rope_scaling", shape.ropeScaling());
    }
    config.put("hidden_act", "silu");
    config.put("tie_word_embeddings", shape.tied());
    config.put("bos_token_id", 0);
    config.put("eos_token_id", 4);
    return config;
  }

  private void addTensors() {
    int hidden = shape.hidden();
    int queries = shape.heads() * shape.headDim();
    int keyValues = shape.kvHeads() * shape.headDim();
    add("model.embed_tokens.weight", shape.vocabulary(), hidden);
    for (int i = 0; i < shape.layers(); i++) {
      String layer = "model.layers." + i + ".";
      add(layer + "input_layernorm.weight", hidden);
      add(layer + "self_attn.q_proj.weight", queries, hidden);
      add(layer + "self_attn.k_proj.weight", keyValues, hidden);
      add(layer + "self_attn.v_proj.weight", keyValues, hidden);
      add(layer + "self_attn.o_proj.weight", hidden, queries);
      add(layer + "post_attention_layernorm.weight", hidden);
      add(layer + "mlp.gate_proj.weight", shape.intermediate(), hidden);
      add(layer + "mlp.up_proj.weight", shape.intermediate(), hidden);
      add(layer + "mlp.down_proj.weight", hidden, shape.intermediate());
    }
    add("model.norm.weight", hidden);
    if (!shape.tied()) {
      add("lm_head.weight", shape.vocabulary(), hidden);
    }
  }

  private void add(String name, long... size) {
    tensors.put(name, size);
  }

  private void writeWeights(Path file) throws IOException {
    byte[] header = header();
    SplittableRandom random = new SplittableRandom(0);
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      writeFully(out, length.putLong(header.length).flip());
      writeFully(out, ByteBuffer.wrap(header));
      for (long[] size : tensors.values()) {
        // A norm is a vector, and one that does nothing is made of ones.
        writeTensor(out, elements(size), size.length == 1, random);
      }
    }
  }

  /** Where each tensor lies; padded, so that the tensors start at a multiple of eight. */
  private byte[] header() throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    long offset = 0;
    for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
      long end = offset + elements(tensor.getValue()) * Short.BYTES;
      header.put(
          tensor.getKey(),
          Map.of(
              "dtype",
              "BF16",
              "shape",
              tensor.getValue(),
              "data_offsets",
              new long[] {offset, end}));
      offset = end;
    }
    String json = JSON.writeValueAsString(header);
    return (json + " ".repeat(Math.floorMod(-json.length(), 8))).getBytes(UTF_8);
  }

  private static void writeTensor(
      FileChannel out, long elements, boolean ones, SplittableRandom random) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long left = elements; left > 0; left -= buffer.limit() / Short.BYTES) {
      buffer.clear().limit((int) Math.min(BUFFER_BYTES, left * Short.BYTES));
      while (buffer.hasRemaining()) {
        buffer.putShort(ones ? ONE : weight(random));
      }
      writeFully(out, buffer.flip());
    }
  }

  /** Evenly distributed, cut to the upper half of its bits, which is bfloat16. */
  private static short weight(SplittableRandom random) {
    float value = WIDTH * (random.nextInt() / (float) Integer.MAX_VALUE);
    return (short) (Float.floatToRawIntBits(value) >>> 16);
  }

  private static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  private static long elements(long[] size) {
    long elements = 1;
    for (long length : size) {
      elements *= length;
    }
    return elements;
  }
}
