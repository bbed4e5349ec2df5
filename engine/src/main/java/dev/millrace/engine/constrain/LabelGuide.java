package dev.millrace.engine.constrain;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.SamplingNoise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Asks the model at every branch of a {@link LabelTrie} how likely each way on is, and so finds the
 * probability of every text: the product of its branches', each among the ways on that there are. A
 * sequence computes {@link #path} after its prompt and hands the logits of {@link #candidates} to
 * {@link #score}, until the guide is complete. Most sets of labels differ in their first token and
 * take one step.
 */
public final class LabelGuide implements Guide {
  /** A branch to be asked, and the logarithm of the probability of getting there. */
  private record Branch(LabelTrie.Node node, List<Integer> path, double logprob) {
    Branch go(int token, LabelTrie.Node next, double ratio) {
      List<Integer> longer = new ArrayList<>(path);
      longer.add(token);
      return new Branch(next, longer, logprob + ratio);
    }
  }

  private final LabelTrie trie;
  private final Sampling sampling;
  private final int position;
  private final double[] logprobs;
  private final Deque<Branch> branches = new ArrayDeque<>();

  LabelGuide(LabelTrie trie, GenerateRequest request) {
    this.trie = requireNonNull(trie);
    sampling = request.sampling();
    position = request.prompt().size();
    logprobs = new double[trie.labels().size()];
    descend(new Branch(trie.root(), List.of(), 0));
  }

  /** Whether every text has its probability. */
  public boolean isComplete() {
    return branches.isEmpty();
  }

  /** The tokens after the prompt that lead to the branch to be asked now. */
  public int[] path() {
    return branches.element().path().stream().mapToInt(Integer::intValue).toArray();
  }

  /** The tokens whose logits are wanted after {@link #path}. */
  public int[] candidates() {
    LabelTrie.Node node = branches.element().node();
    IntStream ends =
        node.label().isPresent()
            ? trie.ends().stream().sorted().mapToInt(Integer::intValue)
            : IntStream.empty();
    return IntStream.concat(node.children().keySet().stream().mapToInt(Integer::intValue), ends)
        .toArray();
  }

  /**
   * Takes the model's word on one branch.
   *
   * @param logits of the {@link #candidates}, in their order
   */
  public void score(List<Float> logits) {
    Branch branch = branches.remove();
    double[] values = logits.stream().mapToDouble(Float::doubleValue).toArray();
    double total = logSumExp(values, 0);
    int way = 0;
    for (Map.Entry<Integer, LabelTrie.Node> child : branch.node().children().entrySet()) {
      descend(branch.go(child.getKey(), child.getValue(), values[way++] - total));
    }
    int children = way;
    branch
        .node()
        .label()
        .ifPresent(
            label -> logprobs[label] = branch.logprob() + logSumExp(values, children) - total);
  }

  /** The probability of every text. */
  public LabelScores scores() {
    Map<String, Double> scores = new LinkedHashMap<>();
    for (int label = 0; label < logprobs.length; label++) {
      scores.put(trie.labels().get(label), Math.exp(logprobs[label]));
    }
    return new LabelScores(scores);
  }

  /**
   * The tokens of the chosen text: the likeliest, or one drawn at the request's temperature with
   * its random number at the answer's first position.
   */
  public int[] answer() {
    return trie.tokens(sampling.isGreedy() ? likeliest() : drawn());
  }

  private int likeliest() {
    int best = 0;
    for (int label = 1; label < logprobs.length; label++) {
      best = logprobs[label] > logprobs[best] ? label : best;
    }
    return best;
  }

  private int drawn() {
    double[] tempered =
        Arrays.stream(logprobs).map(logprob -> logprob / sampling.temperature()).toArray();
    double total = logSumExp(tempered, 0);
    double left = SamplingNoise.uniform(sampling.seed(), position);
    for (int label = 0; label < tempered.length; label++) {
      left -= Math.exp(tempered[label] - total);
      if (left < 0) {
        return label;
      }
    }
    return likeliest();
  }

  /** Goes on while there is only one way, to a text's end or to a branch. */
  private void descend(Branch from) {
    Branch branch = from;
    while (!branch.node().branches() && branch.node().label().isEmpty()) {
      Map.Entry<Integer, LabelTrie.Node> only =
          branch.node().children().entrySet().iterator().next();
      branch = branch.go(only.getKey(), only.getValue(), 0);
    }
    if (branch.node().branches()) {
      branches.push(branch);
    } else {
      logprobs[branch.node().label().getAsInt()] = branch.logprob();
    }
  }

  /** Over the elements from {@code first}. */
  private static double logSumExp(double[] values, int first) {
    double max = Arrays.stream(values, first, values.length).max().orElseThrow();
    double sum =
        Arrays.stream(values, first, values.length).map(value -> Math.exp(value - max)).sum();
    return max + Math.log(sum);
  }
}
