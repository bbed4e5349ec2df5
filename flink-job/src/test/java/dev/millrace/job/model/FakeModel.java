package dev.millrace.job.model;

import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineLoad;
import dev.millrace.engine.EngineStatistics;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.GenerationException;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.constrain.grammar.Grammar;
import dev.millrace.schema.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A model without weights. A token is a UTF-16 unit, so text and tokens are easy to follow. By
 * itself it answers nothing: a test drives each {@link FakeGeneration}; with {@link #answering} it
 * answers at once with the prompt reversed.
 */
public final class FakeModel implements ModelRuntime {
  public static final int CONTEXT_LENGTH = 100;
  private static final String WEIGHTS = "hash-of-nothing";

  private static final Map<String, FakeModel> REGISTERED = new ConcurrentHashMap<>();

  private final String name = UUID.randomUUID().toString();
  private final String weightsHash;
  private final int cacheTokens;
  private final boolean answering;
  private final Map<String, String> adapters = new ConcurrentHashMap<>();
  private final List<FakeGeneration> submitted = new ArrayList<>();
  private final List<CompletableFuture<Void>> waiters = new ArrayList<>();
  private int holders;

  private FakeModel(String weightsHash, int cacheTokens, boolean answering) {
    this.weightsHash = weightsHash;
    this.cacheTokens = cacheTokens;
    this.answering = answering;
    REGISTERED.put(name, this);
  }

  public static FakeModel driven() {
    return new FakeModel(WEIGHTS, CONTEXT_LENGTH, false);
  }

  public static FakeModel drivenWithCache(int cacheTokens) {
    return new FakeModel(WEIGHTS, cacheTokens, false);
  }

  public static FakeModel drivenWithWeights(String weightsHash) {
    return new FakeModel(weightsHash, CONTEXT_LENGTH, false);
  }

  public static FakeModel answering() {
    return new FakeModel(WEIGHTS, CONTEXT_LENGTH, true);
  }

  /** A completion with a token per UTF-16 unit. */
  public static Completion completion(String id, String text) {
    FakeGeneration generation =
        new FakeGeneration(GenerateRequest.builder(id, TokenIds.of(1)).build(), () -> {});
    generation.generate(text).finish();
    return generation.completion().toCompletableFuture().join();
  }

  /** Gives this very model to every task of this process; it travels by name. */
  public ModelRuntimeFactory factory() {
    String registered = name;
    return settings -> REGISTERED.get(registered).hold();
  }

  /** The same, but another model to whoever asks for a directory of the name {@code guard}. */
  public ModelRuntimeFactory factoryBeside(FakeModel guard) {
    ModelRuntimeFactory own = factory();
    ModelRuntimeFactory other = guard.factory();
    return settings -> (settings.directory().endsWith("guard") ? other : own).open(settings);
  }

  /** Generations in the order of their submission. */
  public synchronized List<FakeGeneration> submitted() {
    return List.copyOf(submitted);
  }

  public FakeGeneration submitted(int index) {
    return submitted().get(index);
  }

  /** How many tasks hold it. */
  public synchronized int holders() {
    return holders;
  }

  /** Refuses what an engine would refuse. Answers do not keep to it. */
  @Override
  public void prepare(ResponseFormat format) {
    Grammar.check(format);
  }

  private synchronized FakeModel hold() {
    holders++;
    return this;
  }

  @Override
  public ModelCard card() {
    return new ModelCard(
        "fake", weightsHash, "template-1", "0-test", "cpu", CONTEXT_LENGTH, cacheTokens);
  }

  @Override
  public PromptEncoder encoder() {
    return new FakeEncoder();
  }

  /** The adapters there are; a test adds to them. */
  public Map<String, String> adapters() {
    return adapters;
  }

  @Override
  public void requireAdapter(String name) {
    if (!adapters.containsKey(name)) {
      throw new GenerationException(
          GenerationException.Code.UNKNOWN_ADAPTER, "adapter '" + name + "' is not served");
    }
  }

  @Override
  public String weightsHash(GenerateRequest request) {
    return request
        .adapter()
        .map(name -> weightsHash + "+" + adapters.get(name))
        .orElse(weightsHash);
  }

  @Override
  public synchronized Generation submit(GenerateRequest request) {
    FakeGeneration generation = new FakeGeneration(request, this::leave);
    submitted.add(generation);
    if (answering) {
      int[] prompt = request.prompt().toArray();
      int[] reversed = new int[Math.min(prompt.length, request.maxTokens())];
      for (int i = 0; i < reversed.length; i++) {
        reversed[i] = prompt[prompt.length - 1 - i];
      }
      generation.generate(TokenIds.of(reversed));
      generation.finish();
    }
    return generation;
  }

  @Override
  public synchronized EngineLoad load() {
    List<FakeGeneration> open = submitted.stream().filter(g -> !g.isOver()).toList();
    return new EngineLoad(
        open.size(), open.stream().mapToLong(g -> g.request().maxLength()).sum(), cacheTokens);
  }

  @Override
  public synchronized long generatedTokens() {
    return submitted.stream().mapToLong(generation -> generation.tokens().size()).sum();
  }

  @Override
  public EngineStatistics statistics() {
    int running = load().requests();
    return new EngineStatistics(0, running, CONTEXT_LENGTH, 0, cacheTokens, 0, 0, 0, 0, 0);
  }

  @Override
  public long deviceMemoryBytes() {
    return 1;
  }

  @Override
  public synchronized CompletionStage<Void> room() {
    CompletableFuture<Void> room = new CompletableFuture<>();
    if (load().hasRoom()) {
      room.complete(null);
    } else {
      waiters.add(room);
    }
    return room;
  }

  @Override
  public synchronized void close() {
    holders--;
  }

  private synchronized void leave() {
    if (load().hasRoom()) {
      waiters.forEach(waiter -> waiter.complete(null));
      waiters.clear();
    }
  }

  /** One token per UTF-16 unit; refuses conversations with a role "refused". */
  private static final class FakeEncoder implements PromptEncoder {
    @Override
    public TokenIds encodeChat(List<Message> messages) throws ChatRefusedException {
      StringBuilder text = new StringBuilder();
      for (Message message : messages) {
        if (message.getRole().equals("refused")) {
          throw new ChatRefusedException("role 'refused' is not known", new RuntimeException());
        }
        if (message.getRole().equals("crash")) {
          throw new IllegalStateException("a bug at " + message.getContent());
        }
        text.append(message.getRole()).append(':').append(message.getContent()).append('\n');
      }
      return encodeRaw(text.toString());
    }

    @Override
    public TokenIds encodeRaw(String prompt) {
      return TokenIds.of(prompt.chars().toArray());
    }

    @Override
    public int countTokens(String text) {
      return text.length();
    }

    @Override
    public String decode(int token) {
      return String.valueOf((char) token);
    }
  }
}
