package dev.millrace.engine.model;

import dev.millrace.engine.Sampling;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The filters of transformers and OpenAI's penalties, as their documentation words them. */
final class ReferenceSampling {
  private ReferenceSampling() {}

  /** The distribution that a token is drawn from. */
  static double[] distribution(float[] logits, Sampling s, int[] prompt, int[] generated) {
    double[] x = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).toArray();
    IntStream.concat(Arrays.stream(prompt), Arrays.stream(generated))
        .distinct()
        .forEach(
            t -> x[t] = x[t] < 0 ? x[t] * s.repetitionPenalty() : x[t] / s.repetitionPenalty());
    Arrays.stream(generated).distinct().forEach(t -> x[t] -= s.presencePenalty());
    Arrays.stream(generated).forEach(t -> x[t] -= s.frequencyPenalty());
    for (int i = 0; i < x.length; i++) {
      x[i] /= s.temperature();
    }
    if (s.topK() > 0) {
      remove(x, order(x).subList(Math.min(s.topK(), x.length), x.length));
    }
    double[] p = softmax(x);
    List<Integer> order = order(p);
    double before = 0;
    for (int rank = 0; rank < order.size(); rank++) {
      if (before >= s.topP()) {
        remove(x, order.subList(rank, order.size()));
        break;
      }
      before += p[order.get(rank)];
    }
    double[] q = softmax(x);
    double best = Arrays.stream(q).max().orElseThrow();
    remove(x, IntStream.range(0, x.length).filter(i -> q[i] < s.minP() * best).boxed().toList());
    return softmax(x);
  }

  /** The first token at which the cumulative distribution exceeds {@code uniform}. */
  static int invert(double[] distribution, double uniform) {
    double cumulative = 0;
    int last = 0;
    for (int i = 0; i < distribution.length; i++) {
      cumulative += distribution[i];
      if (distribution[i] > 0) {
        last = i;
        if (cumulative > uniform) {
          return i;
        }
      }
    }
    return last;
  }

  static double[] logSoftmax(float[] logits) {
    double[] x = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).toArray();
    return Arrays.stream(softmax(x)).map(Math::log).toArray();
  }

  static int argmax(float[] logits) {
    return best(logits, 1).get(0);
  }

  /** The {@code count} most likely tokens, most likely first. */
  static List<Integer> best(float[] logits, int count) {
    return order(IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).toArray())
        .subList(0, count);
  }

  private static List<Integer> order(double[] x) {
    return IntStream.range(0, x.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> x[i]).reversed())
        .toList();
  }

  private static void remove(double[] x, List<Integer> tokens) {
    tokens.forEach(t -> x[t] = Double.NEGATIVE_INFINITY);
  }

  private static double[] softmax(double[] x) {
    double max = Arrays.stream(x).max().orElseThrow();
    double total = Arrays.stream(x).map(v -> Math.exp(v - max)).sum();
    return Arrays.stream(x).map(v -> Math.exp(v - max) / total).toArray();
  }
}
