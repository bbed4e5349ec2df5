package dev.millrace.engine.constrain;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.TokenIds;

/** A response format for one vocabulary. Immutable and safe for all threads. */
public sealed interface CompiledFormat permits TokenGrammar, LabelTrie {

  /** Guides one answer from its beginning. */
  Guide guide(GenerateRequest request);

  /** Whether an answer can go on from these tokens of an earlier attempt. */
  boolean canResumeFrom(TokenIds tokens);

  /** Whether a text has the form as a whole. */
  boolean accepts(String text);

  /** The memory it takes, in bytes. */
  long memory();
}
