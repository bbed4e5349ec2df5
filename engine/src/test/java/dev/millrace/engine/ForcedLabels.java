package dev.millrace.engine;

import dev.millrace.engine.model.ReferenceLlama;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What the probability of a label is by its definition: token by token, the model's own among the
 * tokens with which some label goes on.
 *
 * @param labels the tokens of each label and the end of sequence
 */
record ForcedLabels(ReferenceLlama model, TokenIds prompt, List<TokenIds> labels) {

  double probability(TokenIds label) {
    double probability = 1;
    for (int i = 0; i < label.size(); i++) {
      int[] path = Arrays.copyOf(label.toArray(), i);
      probability *= share(path, label.get(i), ways(path));
    }
    return probability;
  }

  /** The tokens with which some label goes on after the path. */
  private Set<Integer> ways(int[] path) {
    Set<Integer> ways = new TreeSet<>();
    for (TokenIds label : labels) {
      boolean follows =
          label.size() > path.length
              && Arrays.equals(label.toArray(), 0, path.length, path, 0, path.length);
      if (follows) {
        ways.add(label.get(path.length));
      }
    }
    return ways;
  }

  private double share(int[] path, int next, Set<Integer> ways) {
    int[] tokens = IntStream.concat(prompt.stream(), Arrays.stream(path)).toArray();
    double[] logits = model.logits(tokens)[tokens.length - 1];
    double total = ways.stream().mapToDouble(way -> Math.exp(logits[way])).sum();
    return Math.exp(logits[next]) / total;
  }
}
