package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Writes a LoRA adapter in PEFT layout, of random weights that are heard in every answer. */
final class LoraAdapter {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int RANK = 4;
  private static final double SCALE = 0.2;

  private LoraAdapter() {}

  /** For the attention's output in every layer of a checkpoint. */
  static Path write(Path directory, Path checkpoint) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve("adapter_config.json"),
        """
        {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": %d, "lora_alpha": 8,
         "lora_dropout": 0.0, "bias": "none", "target_modules": ["o_proj"]}
        """
            .formatted(RANK));
    JsonNode config = JSON.readTree(checkpoint.resolve("config.json").toFile());
    int layers = config.get("num_hidden_layers").intValue();
    int hidden = config.get("hidden_size").intValue();
    int heads = config.get("num_attention_heads").intValue() * config.get("head_dim").intValue();
    Files.write(directory.resolve("adapter_model.safetensors"), safetensors(layers, heads, hidden));
    return directory;
  }

  private static byte[] safetensors(int layers, int heads, int hidden) {
    ObjectNode header = JSON.createObjectNode();
    int bytes = 0;
    for (int layer = 0; layer < layers; layer++) {
      String name = "base_model.model.model.layers." + layer + ".self_attn.o_proj.lora_";
      bytes = add(header, name + "A.weight", RANK, heads, bytes);
      bytes = add(header, name + "B.weight", hidden, RANK, bytes);
    }
    byte[] head = header.toString().getBytes(UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + head.length + bytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(head.length).put(head);
    Random random = new Random(7);
    while (file.hasRemaining()) {
      file.putFloat((float) (SCALE * random.nextGaussian()));
    }
    return file.array();
  }

  private static int add(ObjectNode header, String name, int rows, int columns, int from) {
    int to = from + rows * columns * Float.BYTES;
    ObjectNode tensor = header.putObject(name).put("dtype", "F32");
    tensor.putArray("shape").add(rows).add(columns);
    tensor.putArray("data_offsets").add(from).add(to);
    return to;
  }
}
