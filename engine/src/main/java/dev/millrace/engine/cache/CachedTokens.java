package dev.millrace.engine.cache;

import dev.millrace.engine.TokenIds;

/** What the cache needs to know of a sequence. */
public interface CachedTokens {

  /**
   * Everything that keys and values depend on besides the tokens up to them. Sequences with
   * different roots share nothing.
   */
  String cacheRoot();

  /** The tokens known so far; they never change, only their number grows. */
  int length();

  /** The tokens at positions {@code start} to {@code end}, the latter excluded. */
  TokenIds tokens(int start, int end);
}
