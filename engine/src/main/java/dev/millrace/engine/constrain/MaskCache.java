package dev.millrace.engine.constrain;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The masks used last, of all formats together, within a limit of memory. */
final class MaskCache {
  /** Which states of which grammar; grammars are equal only to themselves. */
  record Key(TokenGrammar grammar, int states) {}

  private final int mostMasks;
  private final Map<Key, TokenMask> masks = new LinkedHashMap<>(16, 0.75f, true);

  MaskCache(long bytes, int vocabulary) {
    mostMasks = (int) Math.max(64, bytes / (8L * TokenMask.words(vocabulary)));
  }

  synchronized Optional<TokenMask> get(Key key) {
    return Optional.ofNullable(masks.get(key));
  }

  /** Keeps a mask unless there is one for the key already, and returns the one that is kept. */
  synchronized TokenMask keep(Key key, TokenMask mask) {
    TokenMask known = masks.putIfAbsent(key, mask);
    if (masks.size() > mostMasks) {
      masks.remove(masks.keySet().iterator().next());
    }
    return known == null ? mask : known;
  }

  int mostMasks() {
    return mostMasks;
  }
}
