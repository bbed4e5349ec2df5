package dev.millrace.engine.constrain;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import dev.millrace.engine.constrain.grammar.Grammar;
import dev.millrace.engine.text.Tokenizer;
import dev.millrace.engine.text.Vocabulary;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles response formats for one model and keeps those used last. Compiling happens on the
 * caller's thread, masks are computed ahead on a thread of their own; both in bounded memory. Safe
 * for all threads.
 */
public final class Formats implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Formats.class);
  private static final long FORMAT_BYTES = 128L << 20;
  private static final long MASK_BYTES = 64L << 20;

  private record Key(ResponseFormat format, Set<Integer> ends) {}

  private final Tokenizer tokenizer;
  private final int size;
  private final TokenTrie trie;
  private final MaskCache masks;
  private final Map<Key, CompiledFormat> compiled = new LinkedHashMap<>(16, 0.75f, true);
  private final ExecutorService warmer = Executors.newSingleThreadExecutor(Formats::warmerThread);
  private long memory;

  public Formats(Tokenizer tokenizer, ModelInfo model) {
    this.tokenizer = requireNonNull(tokenizer);
    size = model.vocabularySize();
    trie = new TokenTrie(tokenizer.vocabulary(), size);
    masks = new MaskCache(MASK_BYTES, size);
  }

  /**
   * The format for this model.
   *
   * @param ends the tokens that end an answer
   * @throws ResponseFormatException naming what cannot be guaranteed
   */
  public CompiledFormat compile(ResponseFormat format, Set<Integer> ends) {
    Key key = new Key(format, Set.copyOf(ends));
    Optional<CompiledFormat> known = find(key);
    if (known.isPresent()) {
      return known.get();
    }
    if (format instanceof ResponseFormat.Choice choice) {
      return keep(key, new LabelTrie(choice, tokenizer, ends));
    }
    TokenGrammar grammar =
        new TokenGrammar(automaton(format), tokenizer.vocabulary(), trie, size, ends, masks);
    CompiledFormat kept = keep(key, grammar);
    warm(grammar);
    return kept;
  }

  private ByteAutomaton automaton(ResponseFormat format) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    long started = System.nanoTime();
    ByteAutomaton automaton =
        ByteAutomaton.of(
            vocabulary.isLeadingSpaceStripped()
                ? Grammar.withLeadingSpaceToStrip(format)
                : Grammar.of(format));
    LOG.debug(
        "compiled a response format to {} states in {} ms",
        automaton.size(),
        (System.nanoTime() - started) / 1_000_000);
    return automaton;
  }

  private void warm(TokenGrammar grammar) {
    try {
      warmer.execute(grammar::warm);
    } catch (RejectedExecutionException closed) {
      LOG.debug("masks are not computed ahead any more", closed);
    }
  }

  private synchronized Optional<CompiledFormat> find(Key key) {
    return Optional.ofNullable(compiled.get(key));
  }

  /** Keeps a format unless it is there already, and returns the one that is kept. */
  private synchronized CompiledFormat keep(Key key, CompiledFormat format) {
    CompiledFormat known = compiled.putIfAbsent(key, format);
    if (known != null) {
      return known;
    }
    memory += format.memory();
    Iterator<CompiledFormat> oldest = compiled.values().iterator();
    while (memory > FORMAT_BYTES && compiled.size() > 1) {
      memory -= oldest.next().memory();
      oldest.remove();
    }
    return format;
  }

  @Override
  public void close() {
    warmer.shutdownNow();
  }

  private static Thread warmerThread(Runnable work) {
    Thread thread = new Thread(work, "millrace-masks");
    thread.setDaemon(true);
    return thread;
  }
}
