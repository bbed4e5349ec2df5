package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.cache.KvCache;
import dev.millrace.engine.constrain.CompiledFormat;
import dev.millrace.engine.constrain.Formats;
import dev.millrace.engine.constrain.Guide;
import dev.millrace.engine.constrain.LabelTrie;
import dev.millrace.engine.model.DeviceMemory;
import dev.millrace.engine.model.FolderDigest;
import dev.millrace.engine.model.LlamaModel;
import dev.millrace.engine.model.Model;
import dev.millrace.engine.scheduler.Scheduler;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.text.Detokenizer;
import dev.millrace.engine.text.StopStrings;
import dev.millrace.engine.text.Tokenizer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A language model that answers many requests at a time.
 *
 * <pre>{@code
 * try (Engine engine = Engine.open(EngineOptions.of(Path.of("Llama-3.2-1B-Instruct")))) {
 *   TokenIds prompt = engine.tokenizer().encode("Once upon a time", true);
 *   Generation story = engine.submit(GenerateRequest.builder("story", prompt).maxTokens(64).build());
 *   System.out.println(story.completion().toCompletableFuture().join().text());
 * }
 * }</pre>
 *
 * <p>Requests join the running batch as soon as the KV cache has room for them and leave it as they
 * finish. Every method may be called from any thread; one thread of the engine's own computes, and
 * another one decodes answers and completes them.
 */
public final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  private final Tokenizer tokenizer;
  private final EngineThread thread;
  private final ModelInfo model;
  private final Admission admission;
  private final ExecutorService completions;
  private final Formats formats;
  private final Map<Sequence, PendingGeneration> pending = new ConcurrentHashMap<>();
  private final LongAdder generatedTokens = new LongAdder();
  private final Adapters adapters;

  /**
   * Loads a checkpoint and starts the engine.
   *
   * @throws CheckpointException if the checkpoint cannot be served, naming the file and the key
   */
  public static Engine open(EngineOptions options) {
    return open(options, EngineListener.NONE);
  }

  /**
   * The same, with somebody who watches it load and work.
   *
   * @throws CheckpointException if the checkpoint cannot be served, naming the file and the key
   */
  public static Engine open(EngineOptions options, EngineListener listener) {
    options.sha256().ifPresent(digest -> FolderDigest.require(digest, options.checkpoint()));
    Tokenizer tokenizer = Tokenizer.load(options.checkpoint());
    try {
      return new Engine(
          options, tokenizer, () -> LlamaModel.load(options, listener::loaded), listener);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  Engine(
      EngineOptions options, Tokenizer tokenizer, Supplier<Model> loader, EngineListener listener) {
    this.tokenizer = requireNonNull(tokenizer);
    String name = "millrace-engine-" + options.device();
    thread =
        new EngineThread(name, loader, info -> scheduler(options, info), new Finisher(), listener);
    model = thread.start();
    admission = new Admission(model.cacheCapacity());
    formats = new Formats(tokenizer, model);
    adapters = new Adapters(options.adapters(), options.adapterSha256(), new AdapterSlots(thread));
    completions = Executors.newSingleThreadExecutor(Engine::completionThread);
    thread.ended().exceptionally(this::failPending);
    LOG.info("{} serves {} as {}", name, options.checkpoint(), model);
  }

  private static Scheduler scheduler(EngineOptions options, ModelInfo model) {
    return new Scheduler(
        new Scheduler.Limits(options.stepTokensOrDefault(), options.maxRunningOrDefault()),
        options.prefixCache()
            ? new KvCache(model.cacheCapacity())
            : KvCache.withoutPrefixCache(model.cacheCapacity()));
  }

  public ModelInfo model() {
    return model;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /**
   * Loads a LoRA adapter in PEFT layout between two steps; requests name it from then on. One that
   * had the name before goes on serving the requests it was named by, and is freed with the last.
   *
   * @throws CheckpointException if the adapter cannot be served, naming the file and the key
   */
  public AdapterInfo loadAdapter(String name, Path directory) {
    return adapters.load(name, directory);
  }

  /**
   * The adapter that a request of this name is answered with. In {@link EngineOptions#adapters()},
   * adapters are found by the name of their directory: loaded when they are first asked for, loaded
   * again if the files have changed since, dropped if they are gone.
   *
   * @throws GenerationException if there is none, or it cannot be loaded
   */
  public AdapterInfo adapter(String name) {
    return adapters.get(name);
  }

  /** Forgets an adapter. Its memory is free as soon as the last request that named it is over. */
  public void dropAdapter(String name) {
    adapters.drop(name);
  }

  /** Work submitted and not over yet. */
  public EngineLoad load() {
    return admission.load();
  }

  /**
   * Completes as soon as the engine {@linkplain EngineLoad#hasRoom() has room} for more work. A
   * caller that submits without waiting for it is served all the same.
   */
  public CompletionStage<Void> room() {
    return admission.room();
  }

  /** Tokens generated since the engine was opened, whatever became of them; resumed ones not. */
  public long generatedTokens() {
    return generatedTokens.sum();
  }

  /** What the engine has done so far; cheap, from any thread. */
  public EngineStatistics statistics() {
    return thread.statistics();
  }

  /** How much memory of its device is in use, by whomever; asks the device. */
  public long deviceMemoryBytes() {
    return DeviceMemory.usedBytes(model.device());
  }

  /** Completes when the engine has ended, exceptionally if it ended because its device was lost. */
  public CompletionStage<Void> ended() {
    return thread.ended().minimalCompletionStage();
  }

  /**
   * Compiles a response format ahead of the requests that will have it.
   *
   * @throws ResponseFormatException naming the keyword, or the part of the pattern, that cannot be
   *     guaranteed
   */
  public void prepare(ResponseFormat format) {
    compiled(format, model.endOfSequenceTokens());
  }

  /** Queues a request. One that can never be served fails at once, through its completion. */
  public Generation submit(GenerateRequest request) {
    return submit(request, token -> {});
  }

  /**
   * Queues a request and listens to its tokens.
   *
   * @param listener told each token on the engine thread, so it must return at once. Resumed tokens
   *     it is told before this method returns.
   */
  public Generation submit(GenerateRequest request, IntConsumer listener) {
    try {
      requireServable(request);
      return submit(request, compiled(request), listener);
    } catch (GenerationException refusal) {
      return new RefusedGeneration(request, refusal);
    }
  }

  private Generation submit(
      GenerateRequest asked, Optional<CompiledFormat> format, IntConsumer listener) {
    GenerateRequest request = format.map(form -> inForm(asked, form)).orElse(asked);
    Optional<Guide> guide = format.map(form -> form.guide(request));
    int adapter = request.adapter().map(adapters::hold).orElse(0);
    Sequence sequence;
    try {
      sequence = new Sequence(request, observe(stopCondition(request), listener), guide, adapter);
    } catch (RuntimeException unmade) {
      adapters.release(adapter);
      throw unmade;
    }
    generatedTokens.add(-request.resumed().size()); // the sequence has told them to its observer
    PendingGeneration generation =
        new PendingGeneration(sequence, () -> thread.execute(loop -> loop.cancel(sequence)));
    admission.enter(request);
    pending.put(sequence, generation);
    thread.execute(loop -> loop.submit(sequence));
    if (thread.ended().isDone()) {
      failPending(new IllegalStateException("it takes no more requests"));
    }
    return generation;
  }

  /**
   * Stops after the step in progress. What is not finished fails with {@link
   * GenerationException.Code#ENGINE_CLOSED}; when this returns, the device's memory is free.
   * Closing twice is the same as closing once.
   */
  @Override
  public synchronized void close() {
    thread.stop();
    if (completions.isShutdown()) {
      return;
    }
    completions.execute(() -> failPending(new IllegalStateException("it was closed")));
    completions.shutdown();
    awaitCompletions();
    formats.close();
    tokenizer.close();
  }

  private void awaitCompletions() {
    try {
      if (!completions.awaitTermination(1, TimeUnit.MINUTES)) {
        LOG.warn("answers are still being handed over after a minute; closing all the same");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void requireServable(GenerateRequest request) {
    int prompt = request.prompt().size();
    if (prompt >= model.contextLength()) {
      throw new GenerationException(
          GenerationException.Code.PROMPT_TOO_LONG,
          "the prompt's %d tokens leave no room for an answer in the model's context of %d: shorten the prompt"
              .formatted(prompt, model.contextLength()));
    }
    if (request.maxTokens() > model.contextLength() - prompt) {
      throw new GenerationException(
          GenerationException.Code.CONTEXT_EXCEEDED,
          "max_tokens %d + prompt %d exceeds the model's context of %d: shorten the prompt or lower max_tokens"
              .formatted(request.maxTokens(), prompt, model.contextLength()));
    }
    if (request.maxLength() > model.cacheCapacity()) {
      throw new GenerationException(
          GenerationException.Code.CACHE_EXCEEDED,
          "max_tokens %d + prompt %d exceeds the KV cache of %d tokens: shorten the prompt, lower max_tokens or enlarge the cache"
              .formatted(request.maxTokens(), prompt, model.cacheCapacity()));
    }
  }

  private Optional<CompiledFormat> compiled(GenerateRequest request) {
    try {
      return request.responseFormat().map(format -> compiled(format, endTokens(request)));
    } catch (ResponseFormatException e) {
      throw new GenerationException(GenerationException.Code.INVALID_FORMAT, e.getMessage(), e);
    }
  }

  private CompiledFormat compiled(ResponseFormat format, Set<Integer> ends) {
    return formats.compile(format, ends);
  }

  /** The request as its format has it done: from its beginning if it cannot be resumed. */
  private static GenerateRequest inForm(GenerateRequest request, CompiledFormat format) {
    if (format instanceof LabelTrie labels) {
      if (labels.longest() > request.maxTokens()) {
        throw new GenerationException(
            GenerationException.Code.INVALID_FORMAT,
            "max_tokens %d is less than the %d tokens of the longest choice: raise it"
                .formatted(request.maxTokens(), labels.longest()));
      }
      return request.ofChoice(labels.longest());
    }
    return format.canResumeFrom(request.resumed())
        ? request
        : request.resumedFrom(TokenIds.empty());
  }

  private Set<Integer> endTokens(GenerateRequest request) {
    Set<Integer> ends = new HashSet<>(request.stopTokens());
    if (!request.endOfSequenceIgnored()) {
      ends.addAll(model.endOfSequenceTokens());
    }
    return ends;
  }

  private IntPredicate stopCondition(GenerateRequest request) {
    IntPredicate stopToken = endTokens(request)::contains;
    if (request.stopStrings().isEmpty()) {
      return stopToken;
    }
    Detokenizer text = detokenizer(request);
    return token -> {
      text.append(token);
      return stopToken.test(token) || text.isStopped();
    };
  }

  private IntPredicate observe(IntPredicate stop, IntConsumer listener) {
    return token -> {
      generatedTokens.increment();
      listener.accept(token);
      return stop.test(token);
    };
  }

  private Detokenizer detokenizer(GenerateRequest request) {
    return new Detokenizer(tokenizer.vocabulary(), StopStrings.of(request.stopStrings()));
  }

  private Completion completion(Sequence sequence) {
    GenerateRequest request = sequence.request();
    TokenIds tokens = sequence.generated();
    String text = text(request, tokens);
    return new Completion(
        request.id(),
        tokens,
        text,
        sequence.finishReason().orElseThrow(),
        new Usage(
            request.prompt().size(),
            sequence.cachedPromptTokens(),
            tokens.size(),
            request.resumed().size()),
        sequence.clock().timing(),
        sequence.logprobs(),
        request.responseFormat().map(format -> compiled(format, endTokens(request)).accepts(text)),
        sequence.labelScores());
  }

  private String text(GenerateRequest request, TokenIds tokens) {
    Detokenizer detokenizer = detokenizer(request);
    StringBuilder text = new StringBuilder();
    textTokens(request, tokens).forEach(token -> text.append(detokenizer.append(token)));
    return text.append(detokenizer.finish()).toString();
  }

  /** The tokens of the text: what ends an answer of a given form is no part of it. */
  private IntStream textTokens(GenerateRequest request, TokenIds tokens) {
    boolean ended =
        request.responseFormat().isPresent()
            && !tokens.isEmpty()
            && endTokens(request).contains(tokens.get(tokens.size() - 1));
    return tokens.stream().limit(ended ? tokens.size() - 1 : tokens.size());
  }

  /** Lets a sequence go, exactly once, whoever comes first. */
  private void settle(Sequence sequence, Runnable end) {
    if (pending.remove(sequence) != null) {
      admission.leave(sequence.request());
      adapters.release(sequence.adapter());
      end.run();
    }
  }

  private Void failPending(Throwable failure) {
    GenerationException cause =
        new GenerationException(
            GenerationException.Code.ENGINE_CLOSED,
            "the engine has ended: " + failure.getMessage(),
            failure);
    pending.forEach((sequence, generation) -> settle(sequence, () -> generation.fail(cause)));
    return null;
  }

  private static Thread completionThread(Runnable work) {
    Thread thread = new Thread(work, "millrace-completions");
    thread.setDaemon(true);
    return thread;
  }

  /** Hands what the loop has finished to the completion thread. */
  private final class Finisher implements EngineLoop.Outcomes {
    @Override
    public void finished(Sequence sequence) {
      hand(sequence, generation -> generation.complete(completion(sequence)));
    }

    @Override
    public void failed(Sequence sequence, GenerationException cause) {
      hand(sequence, generation -> generation.fail(cause));
    }

    private void hand(Sequence sequence, Consumer<PendingGeneration> end) {
      PendingGeneration generation = pending.get(sequence);
      completions.execute(() -> settle(sequence, () -> conclude(generation, end)));
    }

    private void conclude(PendingGeneration generation, Consumer<PendingGeneration> end) {
      try {
        end.accept(generation);
      } catch (RuntimeException e) {
        generation.fail(
            new GenerationException(
                GenerationException.Code.GENERATION_FAILED, "the answer has no text: " + e, e));
      }
    }
  }
}
