package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineLoad;
import dev.millrace.engine.EngineStatistics;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Progress;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import dev.millrace.engine.Timing;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.Usage;
import dev.millrace.engine.text.ChatTemplate;
import dev.millrace.engine.text.Tokenizer;
import dev.millrace.job.config.ModelSettings;
import dev.millrace.job.model.ModelCard;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.PromptEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A checkpoint without its weights: renders and encodes prompts as the real one does and gives
 * every request the same answer at once, so that what is left to measure is everything else.
 */
public final class InstantModel implements ModelRuntime {
  private static final int ROOM = 1 << 20;
  private static final TokenIds ANSWER = TokenIds.of(new int[16]);
  private static final String TEXT =
      "The order was shipped on 12 March and arrived two days later.";
  private static final Timing AT_ONCE = new Timing(Duration.ZERO, Duration.ZERO, Duration.ZERO, 1);

  private final Tokenizer tokenizer;
  private final PromptEncoder encoder;
  private final ModelCard card;

  private InstantModel(Tokenizer tokenizer, PromptEncoder encoder, ModelCard card) {
    this.tokenizer = requireNonNull(tokenizer, "tokenizer");
    this.encoder = requireNonNull(encoder, "encoder");
    this.card = requireNonNull(card, "card");
  }

  /** A {@link dev.millrace.job.model.ModelRuntimeFactory}. */
  public static ModelRuntime open(ModelSettings settings) {
    Path checkpoint = Path.of(settings.directory());
    Tokenizer tokenizer = Tokenizer.load(checkpoint);
    ChatTemplate template = ChatTemplate.load(checkpoint, tokenizer.vocabulary());
    ModelCard card = new ModelCard(settings.name(), "none", "none", "none", "none", 1 << 16, ROOM);
    return new InstantModel(tokenizer, PromptEncoder.of(tokenizer, template), card);
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public PromptEncoder encoder() {
    return encoder;
  }

  @Override
  public void prepare(ResponseFormat format) {
    throw new ResponseFormatException("the one answer there is has no form");
  }

  @Override
  public Generation submit(GenerateRequest request) {
    return new Answered(request);
  }

  @Override
  public EngineLoad load() {
    return new EngineLoad(0, 0, ROOM);
  }

  @Override
  public long generatedTokens() {
    return 0;
  }

  @Override
  public EngineStatistics statistics() {
    return new EngineStatistics(0, 0, 0, 0, ROOM, 0, 0, 0, 0, 0);
  }

  @Override
  public long deviceMemoryBytes() {
    return 0;
  }

  @Override
  public CompletionStage<Void> room() {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  private record Answered(GenerateRequest request) implements Generation {
    @Override
    public Progress progress() {
      return Progress.of(ANSWER);
    }

    @Override
    public CompletionStage<Completion> completion() {
      Usage usage = new Usage(request.prompt().size(), 0, ANSWER.size(), 0);
      return CompletableFuture.completedStage(
          new Completion(request.id(), ANSWER, TEXT, FinishReason.STOP, usage, AT_ONCE, List.of()));
    }

    @Override
    public void cancel() {}
  }
}
