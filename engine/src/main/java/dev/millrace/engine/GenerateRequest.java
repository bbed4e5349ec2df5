package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One prompt for the engine, already in tokens. Immutable.
 *
 * <p>A request that was interrupted is submitted again with {@link Builder#resumeFrom the tokens it
 * had}: the engine computes prompt and tokens in one prefill and goes on where it stopped, with the
 * same random numbers.
 */
public final class GenerateRequest {
  private final String id;
  private final TokenIds prompt;
  private final Progress resumed;
  private final int maxTokens;
  private final Sampling sampling;
  private final Set<Integer> stopTokens;
  private final List<String> stopStrings;
  private final boolean endOfSequenceIgnored;
  private final OptionalInt topLogprobs;
  private final int priority;
  private final Optional<Instant> deadline;
  private final Tenant tenant;
  private final Optional<ResponseFormat> responseFormat;
  private final Optional<String> adapter;

  private GenerateRequest(Builder builder) {
    id = builder.id;
    prompt = builder.prompt;
    resumed = builder.resumed;
    maxTokens = builder.maxTokens;
    sampling = builder.sampling;
    stopTokens = Set.copyOf(builder.stopTokens);
    stopStrings = List.copyOf(builder.stopStrings);
    endOfSequenceIgnored = builder.endOfSequenceIgnored;
    topLogprobs = builder.topLogprobs;
    priority = builder.priority;
    deadline = builder.deadline;
    tenant = builder.tenant;
    responseFormat = builder.responseFormat;
    adapter = builder.adapter;
  }

  /** A greedy request for up to 16 tokens until the builder says otherwise. */
  public static Builder builder(String id, TokenIds prompt) {
    return new Builder(id, prompt);
  }

  public String id() {
    return id;
  }

  public TokenIds prompt() {
    return prompt;
  }

  /** Tokens an earlier attempt has generated; they count towards {@link #maxTokens()}. */
  public TokenIds resumed() {
    return resumed.tokens();
  }

  /** How far an earlier attempt has come. */
  public Progress progress() {
    return resumed;
  }

  public int maxTokens() {
    return maxTokens;
  }

  public Sampling sampling() {
    return sampling;
  }

  /** Tokens that end the sequence in addition to the model's own end-of-sequence tokens. */
  public Set<Integer> stopTokens() {
    return stopTokens;
  }

  public List<String> stopStrings() {
    return stopStrings;
  }

  /** Whether the model's end-of-sequence tokens are ordinary tokens here, as benchmarks want. */
  public boolean endOfSequenceIgnored() {
    return endOfSequenceIgnored;
  }

  /** Present if log-probabilities are wanted: how many alternatives per position, 0 or more. */
  public OptionalInt topLogprobs() {
    return topLogprobs;
  }

  /** Higher runs first. */
  public int priority() {
    return priority;
  }

  public Optional<Instant> deadline() {
    return deadline;
  }

  public Tenant tenant() {
    return tenant;
  }

  /** The form the answer must have; empty: any text. */
  public Optional<ResponseFormat> responseFormat() {
    return responseFormat;
  }

  /** The name of the LoRA adapter to answer with; empty: the model as it is. */
  public Optional<String> adapter() {
    return adapter;
  }

  /** Tokens of KV cache this request may need at most. */
  public int maxLength() {
    return Math.addExact(prompt.size(), maxTokens);
  }

  /** The same request, to go on from the tokens an interrupted attempt had generated. */
  public GenerateRequest resumedFrom(TokenIds generated) {
    return resumedFrom(Progress.of(generated));
  }

  /** The same, with the log probabilities of the tokens. */
  public GenerateRequest resumedFrom(Progress progress) {
    return copy(id).resumeFrom(progress).build();
  }

  /** The same request on a tenant's account. */
  public GenerateRequest ofTenant(Tenant tenant) {
    return copy(id).resumeFrom(resumed).tenant(tenant).build();
  }

  /**
   * The request without what has no influence on its answer: the name, whose and how urgent it is,
   * tokens an earlier attempt had, and the seed of one that is not sampled. Requests that are equal
   * in all the rest have the same answer.
   */
  public GenerateRequest anonymous() {
    Builder copy = copy("");
    copy.sampling = sampling.isGreedy() ? sampling.withSeed(0) : sampling;
    copy.priority = 0;
    copy.deadline = Optional.empty();
    copy.tenant = Tenant.ANYBODY;
    return copy.build();
  }

  /** The same request for a choice, which takes so many tokens and which nothing can cut. */
  GenerateRequest ofChoice(int longest) {
    return copy(id).maxTokens(longest).stopStrings(List.of()).build();
  }

  /** Everything but the resumed tokens. */
  private Builder copy(String name) {
    Builder copy = new Builder(name, prompt);
    copy.maxTokens = maxTokens;
    copy.sampling = sampling;
    copy.stopTokens = stopTokens;
    copy.stopStrings = stopStrings;
    copy.endOfSequenceIgnored = endOfSequenceIgnored;
    copy.topLogprobs = topLogprobs;
    copy.priority = priority;
    copy.deadline = deadline;
    copy.tenant = tenant;
    copy.responseFormat = responseFormat;
    copy.adapter = adapter;
    return copy;
  }

  /** Collects and checks a request's settings. Not thread-safe. */
  public static final class Builder {
    private final String id;
    private final TokenIds prompt;
    private Progress resumed = Progress.NONE;
    private int maxTokens = 16;
    private Sampling sampling = Sampling.greedy();
    private Set<Integer> stopTokens = Set.of();
    private List<String> stopStrings = List.of();
    private boolean endOfSequenceIgnored;
    private OptionalInt topLogprobs = OptionalInt.empty();
    private int priority;
    private Optional<Instant> deadline = Optional.empty();
    private Tenant tenant = Tenant.ANYBODY;
    private Optional<ResponseFormat> responseFormat = Optional.empty();
    private Optional<String> adapter = Optional.empty();

    private Builder(String id, TokenIds prompt) {
      this.id = requireNonNull(id);
      this.prompt = requireNonNull(prompt);
      if (prompt.isEmpty()) {
        throw new IllegalArgumentException("the prompt of " + id + " has no tokens");
      }
    }

    public Builder resumeFrom(TokenIds generated) {
      return resumeFrom(Progress.of(generated));
    }

    public Builder resumeFrom(Progress progress) {
      resumed = requireNonNull(progress);
      return this;
    }

    public Builder maxTokens(int maxTokens) {
      if (maxTokens <= 0) {
        throw new IllegalArgumentException("max_tokens " + maxTokens + " must be at least 1");
      }
      this.maxTokens = maxTokens;
      return this;
    }

    public Builder sampling(Sampling sampling) {
      this.sampling = requireNonNull(sampling);
      return this;
    }

    public Builder stopTokens(Set<Integer> stopTokens) {
      this.stopTokens = requireNonNull(stopTokens);
      return this;
    }

    public Builder stopStrings(List<String> stopStrings) {
      if (stopStrings.stream().anyMatch(String::isEmpty)) {
        throw new IllegalArgumentException("a stop string is empty: it would stop at once");
      }
      this.stopStrings = stopStrings;
      return this;
    }

    public Builder ignoreEndOfSequence() {
      endOfSequenceIgnored = true;
      return this;
    }

    public Builder topLogprobs(int count) {
      if (count < 0 || count > 20) {
        throw new IllegalArgumentException("logprobs " + count + " must be within 0 and 20");
      }
      topLogprobs = OptionalInt.of(count);
      return this;
    }

    public Builder priority(int priority) {
      this.priority = priority;
      return this;
    }

    public Builder deadline(Instant deadline) {
      this.deadline = Optional.of(deadline);
      return this;
    }

    public Builder tenant(Tenant tenant) {
      this.tenant = requireNonNull(tenant);
      return this;
    }

    public Builder responseFormat(ResponseFormat format) {
      responseFormat = Optional.of(format);
      return this;
    }

    public Builder adapter(String name) {
      adapter = Optional.of(name);
      return this;
    }

    /**
     * @throws IllegalArgumentException if more tokens are resumed than may be generated
     */
    public GenerateRequest build() {
      if (resumed.tokens().size() > maxTokens) {
        throw new IllegalArgumentException(
            "%s resumes from %d tokens but may generate only %d"
                .formatted(id, resumed.tokens().size(), maxTokens));
      }
      return new GenerateRequest(this);
    }
  }
}
