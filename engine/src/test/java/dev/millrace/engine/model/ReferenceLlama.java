package dev.millrace.engine.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Llama written down as plainly as possible, in double precision, one token at a time, without a
 * cache. It reads a single-file F32 or BF16 checkpoint with its own code, so that it shares no
 * mistake with what it checks.
 */
public final class ReferenceLlama {
  private final JsonNode config;
  private final Map<String, double[]> weights = new HashMap<>();
  private final int hidden;
  private final int heads;
  private final int kvHeads;
  private final int headDim;

  public ReferenceLlama(Path checkpoint) throws IOException {
    config = new ObjectMapper().readTree(checkpoint.resolve("config.json").toFile());
    hidden = config.get("hidden_size").asInt();
    heads = config.get("num_attention_heads").asInt();
    kvHeads = config.get("num_key_value_heads").asInt();
    headDim = config.get("head_dim").asInt();
    readWeights(checkpoint.resolve("model.safetensors"));
  }

  /** The logits after each of the tokens: [tokens][vocabulary]. */
  public double[][] logits(int... tokens) {
    double[] embedding = weights.get("model.embed_tokens.weight");
    double[][] x = new double[tokens.length][];
    for (int t = 0; t < tokens.length; t++) {
      x[t] = Arrays.copyOfRange(embedding, tokens[t] * hidden, (tokens[t] + 1) * hidden);
    }
    for (int i = 0; i < config.get("num_hidden_layers").asInt(); i++) {
      layer("model.layers." + i + ".", x);
    }
    String head = config.get("tie_word_embeddings").asBoolean() ? "model.embed_tokens" : "lm_head";
    double[][] logits = new double[tokens.length][];
    for (int t = 0; t < tokens.length; t++) {
      logits[t] = linear(head, norm("model.norm", x[t]));
    }
    return logits;
  }

  private void layer(String name, double[][] x) {
    int n = x.length;
    double[][] queries = new double[n][];
    double[][] keys = new double[n][];
    double[][] values = new double[n][];
    for (int t = 0; t < n; t++) {
      double[] h = norm(name + "input_layernorm", x[t]);
      queries[t] = rotate(linear(name + "self_attn.q_proj", h), t);
      keys[t] = rotate(linear(name + "self_attn.k_proj", h), t);
      values[t] = linear(name + "self_attn.v_proj", h);
    }
    for (int t = 0; t < n; t++) {
      double[] attended = new double[heads * headDim];
      for (int head = 0; head < heads; head++) {
        attend(queries[t], keys, values, t, head, attended);
      }
      add(x[t], linear(name + "self_attn.o_proj", attended));
      double[] h = norm(name + "post_attention_layernorm", x[t]);
      double[] gate = linear(name + "mlp.gate_proj", h);
      double[] up = linear(name + "mlp.up_proj", h);
      for (int i = 0; i < gate.length; i++) {
        gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
      }
      add(x[t], linear(name + "mlp.down_proj", gate));
    }
  }

  private void attend(
      double[] query, double[][] keys, double[][] values, int last, int head, double[] out) {
    int q = head * headDim;
    int kv = head / (heads / kvHeads) * headDim;
    double[] weight = new double[last + 1];
    for (int t = 0; t <= last; t++) {
      for (int i = 0; i < headDim; i++) {
        weight[t] += query[q + i] * keys[t][kv + i] / Math.sqrt(headDim);
      }
    }
    double max = Arrays.stream(weight).max().orElseThrow();
    double total = 0;
    for (int t = 0; t <= last; t++) {
      weight[t] = Math.exp(weight[t] - max);
      total += weight[t];
    }
    for (int t = 0; t <= last; t++) {
      for (int i = 0; i < headDim; i++) {
        out[q + i] += weight[t] / total * values[t][kv + i];
      }
    }
  }

  private double[] rotate(double[] x, int position) {
    double[] out = new double[x.length];
    int half = headDim / 2;
    for (int base = 0; base < x.length; base += headDim) {
      for (int i = 0; i < half; i++) {
        double angle = position * frequency(i);
        double a = x[base + i];
        double b = x[base + half + i];
        out[base + i] = a * Math.cos(angle) - b * Math.sin(angle);
        out[base + half + i] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
    return out;
  }

  private double frequency(int i) {
    double f = 1 / Math.pow(config.get("rope_theta").asDouble(), 2.0 * i / headDim);
    JsonNode scaling = config.path("rope_scaling");
    if (scaling.isMissingNode()) {
      return f;
    }
    double factor = scaling.get("factor").asDouble();
    if (scaling.get("rope_type").asText().equals("linear")) {
      return f / factor;
    }
    double low = scaling.get("low_freq_factor").asDouble();
    double high = scaling.get("high_freq_factor").asDouble();
    double turns = scaling.get("original_max_position_embeddings").asDouble() * f / (2 * Math.PI);
    double keep = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return keep * f + (1 - keep) * f / factor;
  }

  private double[] norm(String name, double[] x) {
    double[] weight = weights.get(name + ".weight");
    double squares = Arrays.stream(x).map(value -> value * value).sum();
    double scale = 1 / Math.sqrt(squares / x.length + config.get("rms_norm_eps").asDouble());
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] * scale * weight[i];
    }
    return out;
  }

  private double[] linear(String name, double[] x) {
    double[] weight = weights.get(name + ".weight");
    double[] bias = weights.get(name + ".bias");
    double[] out = bias == null ? new double[weight.length / x.length] : bias.clone();
    for (int row = 0; row < out.length; row++) {
      for (int i = 0; i < x.length; i++) {
        out[row] += weight[row * x.length + i] * x[i];
      }
    }
    return out;
  }

  private static void add(double[] x, double[] y) {
    for (int i = 0; i < x.length; i++) {
      x[i] += y[i];
    }
  }

  private void readWeights(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    String header = new String(bytes.array(), 8, length, StandardCharsets.UTF_8);
    for (Map.Entry<String, JsonNode> entry : new ObjectMapper().readTree(header).properties()) {
      if (entry.getValue().has("dtype")) {
        weights.put(entry.getKey(), read(bytes, 8 + length, entry.getValue()));
      }
    }
  }

  private static double[] read(ByteBuffer bytes, int base, JsonNode entry) {
    int start = base + entry.get("data_offsets").get(0).asInt();
    int end = base + entry.get("data_offsets").get(1).asInt();
    boolean wide = entry.get("dtype").asText().equals("F32");
    int width = wide ? 4 : 2;
    double[] values = new double[(end - start) / width];
    for (int i = 0; i < values.length; i++) {
      int at = start + i * width;
      values[i] = Float.intBitsToFloat(wide ? bytes.getInt(at) : bytes.getShort(at) << 16);
    }
    return values;
  }
}
