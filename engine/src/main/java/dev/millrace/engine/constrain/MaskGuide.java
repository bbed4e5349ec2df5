package dev.millrace.engine.constrain;

import static java.util.Objects.requireNonNull;

/** Guides an answer by telling which tokens may come next. */
public final class MaskGuide implements Guide {
  private final TokenGrammar grammar;
  private int state = ByteAutomaton.START;

  MaskGuide(TokenGrammar grammar) {
    this.grammar = requireNonNull(grammar);
  }

  /** The tokens that may come next; an end token is among them where the answer may end. */
  public TokenMask mask() {
    return grammar.mask(state);
  }

  /** Takes the next token. Returns whether it was allowed; if not, nothing changes. */
  public boolean advance(int token) {
    if (grammar.isEnd(token)) {
      return grammar.mayEnd(state);
    }
    int reached = grammar.step(state, token);
    if (reached == ByteAutomaton.DEAD) {
      return false;
    }
    state = reached;
    return true;
  }

  /** Whether the answer is whole and nothing can follow, so that no end token is needed. */
  public boolean isComplete() {
    return grammar.isComplete(state);
  }
}
