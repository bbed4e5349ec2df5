package dev.millrace.engine.constrain;

import dev.millrace.engine.text.Vocabulary;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A vocabulary's text tokens as a tree of their bytes, laid out in preorder, so that an automaton
 * walks all tokens in one pass and skips those that share a beginning it refuses. Special tokens,
 * and ids that stand for no bytes, are not in it. Immutable.
 */
final class TokenTrie {
  /** Told each token the automaton takes, and the state it leads to. */
  interface Visitor {
    void token(int token, int state);
  }

  private final byte[] edges; // of each node, the byte that leads to it
  private final int[] depths; // 1 below the root
  private final int[] ends; // the first node after a node's subtree
  private final int[] firstTokens; // where a node's tokens begin in `tokens`; one more than nodes
  private final int[] tokens;
  private final int longest;

  /**
   * @param size how many ids the model knows, which may be fewer or more than the vocabulary has
   */
  TokenTrie(Vocabulary vocabulary, int size) {
    tokens =
        IntStream.range(0, Math.min(size, vocabulary.size()))
            .filter(token -> !vocabulary.isSpecial(token) && vocabulary.bytes(token).length > 0)
            .boxed()
            .sorted((a, b) -> Arrays.compareUnsigned(vocabulary.bytes(a), vocabulary.bytes(b)))
            .mapToInt(Integer::intValue)
            .toArray();
    longest = IntStream.of(tokens).map(token -> vocabulary.bytes(token).length).max().orElse(0);
    int nodes = 0;
    byte[] previous = {};
    for (int token : tokens) {
      byte[] bytes = vocabulary.bytes(token);
      nodes += bytes.length - common(previous, bytes);
      previous = bytes;
    }
    edges = new byte[nodes];
    depths = new int[nodes];
    ends = new int[nodes];
    firstTokens = new int[nodes + 1];
    fill(vocabulary);
  }

  private void fill(Vocabulary vocabulary) {
    int node = 0;
    int[] path = new int[longest + 1];
    byte[] previous = {};
    for (int i = 0; i < tokens.length; i++) {
      byte[] bytes = vocabulary.bytes(tokens[i]);
      int common = common(previous, bytes);
      for (int depth = previous.length; depth > common; depth--) {
        ends[path[depth]] = node;
      }
      for (int depth = common + 1; depth <= bytes.length; depth++) {
        edges[node] = bytes[depth - 1];
        depths[node] = depth;
        firstTokens[node] = i;
        path[depth] = node++;
      }
      previous = bytes;
    }
    for (int depth = previous.length; depth > 0; depth--) {
      ends[path[depth]] = node;
    }
    firstTokens[node] = tokens.length;
  }

  private static int common(byte[] a, byte[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }

  /** How many different beginnings the tokens have: the most steps a walk takes. */
  int nodes() {
    return edges.length;
  }

  /** Bytes of the longest token. */
  int longest() {
    return longest;
  }

  /** The bytes that are tokens by themselves, other tokens than the excluded ones. */
  BitSet singleBytes(Set<Integer> excluded) {
    BitSet bytes = new BitSet();
    for (int node = 0; node < edges.length; node = ends[node]) {
      for (int i = firstTokens[node]; i < firstTokens[node + 1]; i++) {
        if (!excluded.contains(tokens[i])) {
          bytes.set(edges[node] & 0xFF);
        }
      }
    }
    return bytes;
  }

  /** Tells every token whose bytes the automaton takes from {@code state}. */
  void walk(ByteAutomaton automaton, int state, Visitor visitor) {
    int[] states = new int[longest + 1];
    states[0] = state;
    int node = 0;
    while (node < edges.length) {
      int depth = depths[node];
      int reached = automaton.step(states[depth - 1], edges[node]);
      if (reached == ByteAutomaton.DEAD) {
        node = ends[node];
        continue;
      }
      states[depth] = reached;
      for (int i = firstTokens[node]; i < firstTokens[node + 1]; i++) {
        visitor.token(tokens[i], reached);
      }
      node++;
    }
  }
}
