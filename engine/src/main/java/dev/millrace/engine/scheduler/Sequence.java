package dev.millrace.engine.scheduler;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.cache.CacheCopy;
import dev.millrace.engine.cache.CacheLease;
import dev.millrace.engine.cache.CacheRange;
import dev.millrace.engine.cache.CachedTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A request being worked on: its tokens and how far the cache holds them. Prefill, chunked prefill,
 * decode and replay differ only in {@code length - computed}.
 *
 * <p>Written by the engine thread alone; {@link #generated()} and {@link #generatedCount()} may be
 * read from any thread.
 */
public final class Sequence implements CachedTokens {
  private final GenerateRequest request;
  private final IntPredicate stop;
  private final int[] tokens;
  private final List<TokenLogprobs> logprobs = new ArrayList<>();
  private final StepClock clock = new StepClock();

  /** Published last when a token is appended, so that readers never see an unwritten slot. */
  private volatile int length;

  private int computed;
  private int cachedTokens;
  private Optional<CacheLease> lease = Optional.empty();
  private Optional<FinishReason> finishReason = Optional.empty();

  /**
   * @param stop told each new token in order, whether the sequence ends with it. It may keep state.
   *     Resumed tokens are told too, when the sequence is made.
   */
  public Sequence(GenerateRequest request, IntPredicate stop) {
    this.request = requireNonNull(request);
    this.stop = requireNonNull(stop);
    int prompt = request.prompt().size();
    int resumed = request.resumed().size();
    tokens = new int[request.maxLength()];
    System.arraycopy(request.prompt().toArray(), 0, tokens, 0, prompt);
    System.arraycopy(request.resumed().toArray(), 0, tokens, prompt, resumed);
    length = prompt + resumed;
    request.resumed().stream().forEach(this::checkEnd);
  }

  public GenerateRequest request() {
    return request;
  }

  public Sampling sampling() {
    return request.sampling();
  }

  /** Prompt and generated tokens together. */
  @Override
  public int length() {
    return length;
  }

  public int promptLength() {
    return request.prompt().size();
  }

  public int generatedCount() {
    return length - promptLength();
  }

  /** Tokens whose keys and values are in the cache. */
  public int computed() {
    return computed;
  }

  /** How many of the prompt's tokens came from the prefix cache. */
  public int cachedPromptTokens() {
    return Math.min(cachedTokens, promptLength());
  }

  public int token(int position) {
    return tokens[position];
  }

  @Override
  public TokenIds tokens(int start, int end) {
    return TokenIds.of(Arrays.copyOfRange(tokens, start, end));
  }

  /** Keys and values depend on nothing but the model and the tokens. */
  @Override
  public String cacheRoot() {
    return "";
  }

  /** The generated tokens so far; any thread may ask. */
  public TokenIds generated() {
    return TokenIds.of(Arrays.copyOfRange(tokens, promptLength(), length));
  }

  public List<TokenLogprobs> logprobs() {
    return logprobs;
  }

  public StepClock clock() {
    return clock;
  }

  /** Empty while the sequence grows. */
  public Optional<FinishReason> finishReason() {
    return finishReason;
  }

  public boolean isFinished() {
    return finishReason.isPresent();
  }

  /**
   * @throws IllegalStateException if the sequence has not been admitted
   */
  public CacheRange cache() {
    return lease().range();
  }

  /** What a step must copy within the cache before it computes a chunk of this sequence. */
  public List<CacheCopy> copies() {
    return lease().copies();
  }

  private CacheLease lease() {
    return lease.orElseThrow(
        () -> new IllegalStateException(request.id() + " holds no cache: it was not admitted"));
  }

  void admit(CacheLease lease) {
    this.lease = Optional.of(lease);
    cachedTokens = lease.cachedTokens();
    computed = cachedTokens;
    clock.admitted();
  }

  /** Takes the cache away, after which the sequence can only be read. */
  Optional<CacheLease> release() {
    Optional<CacheLease> released = lease;
    lease = Optional.empty();
    return released;
  }

  void advance(int count, int batchSize) {
    computed += count;
    lease().computed(computed);
    clock.stepped(batchSize);
  }

  void append(SampledToken sampled) {
    int end = length;
    tokens[end] = sampled.token();
    sampled.logprobs().ifPresent(logprobs::add);
    length = end + 1;
    clock.tokenSampled();
    checkEnd(sampled.token());
  }

  void finish(FinishReason reason) {
    finishReason = Optional.of(reason);
  }

  private void checkEnd(int token) {
    if (stop.test(token)) {
      finish(FinishReason.STOP);
    } else if (generatedCount() == request.maxTokens()) {
      finish(FinishReason.LENGTH);
    }
  }

  @Override
  public String toString() {
    return "%s: %d of %d computed, %s".formatted(request.id(), computed, length, finishReason);
  }
}
