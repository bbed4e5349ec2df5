package dev.millrace.engine.scheduler;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.Progress;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.cache.CacheCopy;
import dev.millrace.engine.cache.CacheLease;
import dev.millrace.engine.cache.CacheRange;
import dev.millrace.engine.cache.CachedTokens;
import dev.millrace.engine.constrain.Guide;
import dev.millrace.engine.constrain.LabelGuide;
import dev.millrace.engine.constrain.MaskGuide;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A request being worked on: its tokens and how far the cache holds them. Prefill, chunked prefill,
 * decode and replay differ only in {@code length - computed}.
 *
 * <p>Written by the engine thread alone; {@link #generated()}, {@link #progress()} and {@link
 * #generatedCount()} may be read from any thread.
 */
public final class Sequence implements CachedTokens {
  private static final int NO_ADAPTER = 0;

  private final GenerateRequest request;
  private final IntPredicate stop;
  private final Optional<Guide> guide;
  private final int adapter;
  private final int[] tokens;

  /** By the token's place in the answer, if they are wanted; written before the token counts. */
  private final TokenLogprobs[] logprobs;

  /** How many of the resumed tokens came without them. */
  private final int unscored;

  private final StepClock clock = new StepClock();

  /** Published last when a token is appended, so that readers never see an unwritten slot. */
  private volatile int length;

  /** Whether labels have been scored and one of them is the answer. */
  private volatile boolean answered;

  private int computed;
  private int cachedTokens;
  private Optional<CacheLease> lease = Optional.empty();
  private Optional<FinishReason> finishReason = Optional.empty();

  /**
   * @param stop told each new token in order, whether the sequence ends with it. It may keep state.
   *     Resumed tokens are told too, when the sequence is made.
   */
  public Sequence(GenerateRequest request, IntPredicate stop) {
    this(request, stop, Optional.empty(), NO_ADAPTER);
  }

  /**
   * @param guide at the beginning of the answer, if the request has a response format
   * @param adapter the number of the loaded adapter that the request names; 0 for none
   * @throws IllegalArgumentException if the resumed tokens do not follow the guide
   */
  public Sequence(GenerateRequest request, IntPredicate stop, Optional<Guide> guide, int adapter) {
    this.adapter = adapter;
    this.request = requireNonNull(request);
    this.stop = requireNonNull(stop);
    this.guide = requireNonNull(guide);
    int prompt = request.prompt().size();
    int resumed = request.resumed().size();
    tokens = new int[request.maxLength()];
    System.arraycopy(request.prompt().toArray(), 0, tokens, 0, prompt);
    System.arraycopy(request.resumed().toArray(), 0, tokens, prompt, resumed);
    length = prompt + resumed;
    unscored = resumed - request.progress().logprobs().size();
    logprobs = resumedLogprobs();
    request.resumed().stream().forEach(this::takeResumed);
    labels().ifPresent(this::follow);
  }

  public GenerateRequest request() {
    return request;
  }

  public Sampling sampling() {
    return request.sampling();
  }

  /** What the answer is held to; empty: nothing. */
  public Optional<Guide> guide() {
    return guide;
  }

  /**
   * The number of the adapter it is computed with, 0 for none. No two adapters share one, nor two
   * versions of an adapter, so keys and values may be shared only by sequences of equal numbers.
   */
  public int adapter() {
    return adapter;
  }

  /** Prompt and generated tokens together; and while labels are scored, the way to the next. */
  @Override
  public int length() {
    return length;
  }

  public int promptLength() {
    return request.prompt().size();
  }

  public int generatedCount() {
    return answerEnd() - promptLength();
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

  /** Besides the tokens, keys and values depend on the model and the adapter. */
  @Override
  public String cacheRoot() {
    return adapter == NO_ADAPTER ? "" : "adapter " + adapter;
  }

  /** The generated tokens so far; any thread may ask. */
  public TokenIds generated() {
    return TokenIds.of(Arrays.copyOfRange(tokens, promptLength(), answerEnd()));
  }

  /** The generated tokens so far with their log probabilities; any thread may ask. */
  public Progress progress() {
    int end = answerEnd();
    TokenIds generated = TokenIds.of(Arrays.copyOfRange(tokens, promptLength(), end));
    return isScored()
        ? new Progress(
            generated, List.of(Arrays.copyOfRange(logprobs, unscored, end - promptLength())))
        : Progress.of(generated);
  }

  public List<TokenLogprobs> logprobs() {
    return progress().logprobs();
  }

  private TokenLogprobs[] resumedLogprobs() {
    if (!isScored()) {
      return new TokenLogprobs[0];
    }
    TokenLogprobs[] all = new TokenLogprobs[request.maxTokens()];
    List<TokenLogprobs> known = request.progress().logprobs();
    for (int i = 0; i < known.size(); i++) {
      all[unscored + i] = known.get(i);
    }
    return all;
  }

  /** Whether each token comes with its log probability. Labels come with scores of their own. */
  private boolean isScored() {
    return request.topLogprobs().isPresent() && labels().isEmpty();
  }

  /** The probability of every text of a choice, once the answer is found. */
  public Optional<LabelScores> labelScores() {
    return labels().filter(LabelGuide::isComplete).map(LabelGuide::scores);
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

  /**
   * Takes the outcome of a step. Returns whether it was of use; if not, the sequence has failed.
   */
  boolean take(SampledToken sampled) {
    if (!sampled.finite()) {
      return false;
    }
    if (labels().isPresent()) {
      labels().get().score(sampled.candidates());
      follow(labels().get());
      return true;
    }
    return append(sampled);
  }

  private boolean append(SampledToken sampled) {
    if (!advanceGuide(sampled.token())) {
      return false;
    }
    int end = length;
    tokens[end] = sampled.token();
    sampled.logprobs().ifPresent(scores -> logprobs[end - promptLength()] = scores);
    length = end + 1;
    clock.tokenSampled();
    checkEnd(sampled.token());
    return true;
  }

  private boolean advanceGuide(int token) {
    return guide.isEmpty() || !(guide.get() instanceof MaskGuide masked) || masked.advance(token);
  }

  private void takeResumed(int token) {
    if (!advanceGuide(token)) {
      throw new IllegalArgumentException(
          "%s resumes with token %d, which its response format does not allow there"
              .formatted(request.id(), token));
    }
    checkEnd(token);
  }

  private Optional<LabelGuide> labels() {
    return guide.filter(LabelGuide.class::isInstance).map(LabelGuide.class::cast);
  }

  /** Goes where the guide wants the next scores from, or to the answer it has found. */
  private void follow(LabelGuide labels) {
    boolean found = labels.isComplete();
    int[] path = found ? labels.answer() : labels.path();
    int start = promptLength();
    int common = Arrays.mismatch(tokens, start, length, path, 0, path.length);
    // What the cache has of another way is no use.
    computed = common < 0 ? computed : Math.min(computed, start + common);
    System.arraycopy(path, 0, tokens, start, path.length);
    length = start + path.length;
    if (!found) {
      computed = Math.min(computed, length - 1); // its logits are wanted
    } else {
      answered = true;
      clock.tokenSampled();
      Arrays.stream(path).forEach(this::checkEnd);
      finish(FinishReason.STOP);
    }
  }

  /** One past the answer's last token; scoring labels is no answer until one is found. */
  private int answerEnd() {
    return labels().isPresent() && !answered ? promptLength() : length;
  }

  void finish(FinishReason reason) {
    finishReason = Optional.of(reason);
  }

  private void checkEnd(int token) {
    boolean complete =
        guide.isPresent() && guide.get() instanceof MaskGuide masked && masked.isComplete();
    if (stop.test(token) || complete) {
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
