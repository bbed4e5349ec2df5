package dev.millrace.engine.constrain;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.Vocabulary;
import java.util.BitSet;
import java.util.Set;

/**
 * A regular language over the tokens of a vocabulary: an automaton over bytes, and for each state
 * the mask of the tokens whose bytes it takes. Masks are computed when they are first wanted, or
 * ahead of that by {@link #warm}, and shared by the states from which the same tokens can follow.
 */
final class TokenGrammar implements CompiledFormat {
  private final ByteAutomaton automaton;
  private final Vocabulary vocabulary;
  private final TokenTrie trie;
  private final int size;
  private final Set<Integer> ends;
  private final MaskCache cache;
  private final BitSet hopeless;
  private final int[] classes;

  /**
   * @param size how many ids the model knows
   * @param ends the tokens that end an answer; they are never part of its text
   * @throws dev.millrace.engine.ResponseFormatException if the vocabulary cannot write any text of
   *     the language
   */
  TokenGrammar(
      ByteAutomaton automaton,
      Vocabulary vocabulary,
      TokenTrie trie,
      int size,
      Set<Integer> ends,
      MaskCache cache) {
    this.automaton = requireNonNull(automaton);
    this.vocabulary = requireNonNull(vocabulary);
    this.trie = requireNonNull(trie);
    this.size = size;
    this.ends = Set.copyOf(ends);
    this.cache = requireNonNull(cache);
    hopeless = HopelessStates.of(automaton, trie, this.ends);
    classes = MaskClasses.of(automaton, trie.longest(), hopeless);
  }

  @Override
  public Guide guide(GenerateRequest request) {
    return new MaskGuide(this);
  }

  @Override
  public boolean canResumeFrom(TokenIds tokens) {
    MaskGuide guide = new MaskGuide(this);
    return tokens.stream().allMatch(guide::advance);
  }

  /** A space that decoding would drop is put in front again. */
  @Override
  public boolean accepts(String text) {
    return automaton.accepts(vocabulary.isLeadingSpaceStripped() ? " " + text : text);
  }

  @Override
  public long memory() {
    return automaton.memory() + 4L * classes.length;
  }

  boolean isEnd(int token) {
    return ends.contains(token);
  }

  boolean mayEnd(int state) {
    return automaton.accepts(state);
  }

  boolean isComplete(int state) {
    return automaton.accepts(state) && !automaton.goesOn(state);
  }

  /** The state after a token, or {@link ByteAutomaton#DEAD} if the token is not allowed. */
  int step(int state, int token) {
    byte[] bytes = vocabulary.bytes(token);
    int reached =
        bytes.length == 0 || vocabulary.isSpecial(token)
            ? ByteAutomaton.DEAD
            : automaton.step(state, bytes);
    return reached != ByteAutomaton.DEAD && hopeless.get(reached) ? ByteAutomaton.DEAD : reached;
  }

  TokenMask mask(int state) {
    MaskCache.Key key = key(state);
    return cache.get(key).orElseGet(() -> cache.keep(key, compute(state)));
  }

  /** Computes masks ahead, nearest to the beginning first, as far as the cache is well used. */
  void warm() {
    int budget = cache.mostMasks() / 4;
    BitSet seen = new BitSet();
    for (int state = 0; state < automaton.size() && seen.cardinality() < budget; state++) {
      int states = key(state).states();
      if (!seen.get(states) && !hopeless.get(state)) {
        seen.set(states);
        mask(state);
      }
    }
  }

  private MaskCache.Key key(int state) {
    return new MaskCache.Key(this, 2 * classes[state] + (automaton.accepts(state) ? 1 : 0));
  }

  private TokenMask compute(int state) {
    BitSet allowed = new BitSet(size);
    trie.walk(
        automaton,
        state,
        (token, reached) -> {
          if (!hopeless.get(reached)) {
            allowed.set(token);
          }
        });
    ends.forEach(token -> allowed.set(token, automaton.accepts(state)));
    return new TokenMask(allowed, size);
  }
}
