package dev.millrace.engine.constrain;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * The texts of a choice as a tree of their tokens, each text tokenized as the tokenizer does. Only
 * where the tree branches does the model have to say how likely each branch is.
 */
public final class LabelTrie implements CompiledFormat {
  /** A place in the tree, after some tokens. */
  static final class Node {
    private final Map<Integer, Node> children = new TreeMap<>();
    private OptionalInt label = OptionalInt.empty();

    /** What can come next, by token. */
    Map<Integer, Node> children() {
      return children;
    }

    /** The text that may end here, by its number. */
    OptionalInt label() {
      return label;
    }

    /** Whether there is more than one way on. */
    boolean branches() {
      return children.size() + (label.isPresent() ? 1 : 0) > 1;
    }
  }

  private final List<String> labels;
  private final List<int[]> tokens;
  private final Set<Integer> ends;
  private final Node root = new Node();
  private final int longest;

  /**
   * @param ends the tokens that end an answer, to tell a text from a longer one that begins with it
   * @throws ResponseFormatException if a text cannot be written with the vocabulary, or if one
   *     begins another and no token ends an answer
   */
  LabelTrie(ResponseFormat.Choice choice, Tokenizer tokenizer, Set<Integer> ends) {
    labels = choice.choices();
    this.ends = Set.copyOf(ends);
    tokens = labels.stream().map(label -> tokens(label, tokenizer)).toList();
    longest = tokens.stream().mapToInt(label -> label.length).max().orElseThrow();
    for (int label = 0; label < tokens.size(); label++) {
      add(label);
    }
  }

  private static int[] tokens(String label, Tokenizer tokenizer) {
    int[] tokens = tokenizer.encode(label, false);
    if (tokens.length == 0 || !tokenizer.decode(tokens, true).equals(label)) {
      throw new ResponseFormatException(
          "the choice \"%s\" cannot be written with the model's vocabulary".formatted(label));
    }
    return tokens;
  }

  private void add(int label) {
    Node node = root;
    for (int token : tokens.get(label)) {
      requireEnd(node);
      node = node.children.computeIfAbsent(token, key -> new Node());
    }
    node.label = OptionalInt.of(label);
    if (!node.children.isEmpty()) {
      requireEnd(node);
    }
  }

  private void requireEnd(Node node) {
    if (node.label.isPresent() && ends.isEmpty()) {
      throw new ResponseFormatException(
          "the choice \"%s\" begins another one, and no token ends an answer"
              .formatted(labels.get(node.label.getAsInt())));
    }
  }

  @Override
  public LabelGuide guide(GenerateRequest request) {
    return new LabelGuide(this, requireNonNull(request));
  }

  /** What was asked of the model before is lost, so it has to be asked again. */
  @Override
  public boolean canResumeFrom(TokenIds tokens) {
    return tokens.isEmpty();
  }

  @Override
  public boolean accepts(String text) {
    return labels.contains(text);
  }

  @Override
  public long memory() {
    return 100L * tokens.stream().mapToInt(label -> label.length).sum();
  }

  /** Tokens of the longest text. */
  public int longest() {
    return longest;
  }

  List<String> labels() {
    return labels;
  }

  int[] tokens(int label) {
    return tokens.get(label).clone();
  }

  Set<Integer> ends() {
    return ends;
  }

  Node root() {
    return root;
  }
}
