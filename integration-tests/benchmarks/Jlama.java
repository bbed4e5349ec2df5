import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import java.io.File;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/**
 * Times Jlama: random prompts of one length, greedy, no stop, one request after the other, since
 * Jlama has no batches.
 *
 * <p>java ... Jlama.java CHECKPOINT REQUESTS INPUT_TOKENS OUTPUT_TOKENS THREADS
 *
 * <p>The weights stay as they are. Jlama 0.8.4 can convert them to Q4 while it loads them, but then
 * fails on a model whose LM head is its embedding.
 */
public final class Jlama {
  private Jlama() {}

  public static void main(String[] arguments) {
    int requests = Integer.parseInt(arguments[1]);
    int inputs = Integer.parseInt(arguments[2]);
    int outputs = Integer.parseInt(arguments[3]);
    int threads = Integer.parseInt(arguments[4]);
    try (AbstractModel model =
            ModelSupport.loadModel(
                new File(arguments[0]),
                null,
                DType.F32,
                DType.I8,
                Optional.empty(),
                Optional.of(threads));
        KvBufferCache cache = new KvBufferCache(model);
        AbstractTensor logits = model.makeDenseTensor(model.getConfig().vocabularySize)) {
      answer(model, cache, logits, inputs, 4); // warm up
      long start = System.nanoTime();
      for (int i = 0; i < requests; i++) {
        answer(model, cache, logits, inputs, outputs);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          Locale.ROOT,
          "{\"peer\": \"Jlama 0.8.4\", \"requests\": %d,"
              + " \"seconds\": %f, \"totalTokensPerSecond\": %f}%n",
          requests,
          seconds,
          requests * (inputs + outputs) / seconds);
    }
    System.exit(0);
  }

  private static void answer(
      AbstractModel model, KvBufferCache cache, AbstractTensor logits, int inputs, int outputs) {
    Random random = new Random(0);
    int[] prompt = random.ints(inputs, 0, model.getConfig().vocabularySize).toArray();
    KvBufferCache.KvBuffer keysAndValues = cache.getKvBuffer(UUID.randomUUID());
    AbstractTensor hidden = model.batchForward(prompt, 0, keysAndValues);
    AbstractTensor last = hidden.slice(inputs - 1);
    int token = model.sample(last, 0, 0.5f, logits);
    for (int i = 1; i < outputs; i++) {
      int position = inputs + i - 1;
      AbstractTensor next = model.forward(token, position, keysAndValues, Optional.empty());
      token = model.sample(next, 0, 0.5f, logits);
    }
  }
}
