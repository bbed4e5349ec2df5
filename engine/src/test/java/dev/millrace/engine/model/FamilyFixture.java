package dev.millrace.engine.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A family's tiny checkpoint and what transformers answers with it in float32, as {@code
 * family_fixtures.py} recorded it.
 *
 * @param prompts token ids
 * @param logits after each token of each prompt: [prompt][token][vocabulary]
 * @param greedy what greedy decoding puts after the first prompt
 */
@SuppressWarnings("ArrayRecordComponent")
record FamilyFixture(Path checkpoint, List<int[]> prompts, List<float[][]> logits, int[] greedy) {

  static FamilyFixture of(String family) {
    return read(directory("/families/" + family));
  }

  /** What PEFT answers with an adapter, whose directory takes the place of the checkpoint's. */
  static FamilyFixture ofAdapter(String name) {
    return read(directory("/adapters/" + name));
  }

  private static Path directory(String resource) {
    try {
      return Path.of(FamilyFixture.class.getResource(resource).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static FamilyFixture read(Path directory) {
    try {
      JsonNode reference =
          new ObjectMapper().readTree(directory.resolve("reference.json").toFile());
      SafetensorsFile file = SafetensorsFile.read(directory.resolve("reference.safetensors"));
      List<int[]> prompts = new ArrayList<>();
      List<float[][]> logits = new ArrayList<>();
      for (JsonNode prompt : reference.get("prompts")) {
        logits.add(matrix(file.tensors().get("logits." + prompts.size())));
        prompts.add(integers(prompt));
      }
      return new FamilyFixture(directory, prompts, logits, integers(reference.get("greedy")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int vocabulary() {
    return logits.get(0)[0].length;
  }

  /** How far apart the reference's largest and smallest logit are. */
  double range() {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float[][] rows : logits) {
      for (float[] row : rows) {
        for (float logit : row) {
          least = Math.min(least, logit);
          most = Math.max(most, logit);
        }
      }
    }
    return most - least;
  }

  private static int[] integers(JsonNode array) {
    int[] integers = new int[array.size()];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = array.get(i).asInt();
    }
    return integers;
  }

  private static float[][] matrix(TensorInfo tensor) throws IOException {
    int rows = tensor.shape().get(0).intValue();
    int columns = tensor.shape().get(1).intValue();
    float[][] matrix = new float[rows][columns];
    try (FileChannel channel = FileChannel.open(tensor.file())) {
      var numbers =
          SafetensorsFile.readFully(channel, tensor.offset(), (int) tensor.byteLength())
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer();
      for (float[] row : matrix) {
        numbers.get(row);
      }
    }
    return matrix;
  }
}
