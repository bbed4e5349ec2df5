package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.GenerationException;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.ResponseFormatException;
import dev.millrace.engine.TokenIds;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.document.DocumentSplitter;
import dev.millrace.job.model.ChatRefusedException;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Asks a model of the Llama Guard family whether a conversation is safe. Its questions are requests
 * like any other, so they fill the engine's batches; their answers are held to the form of a
 * verdict. Whether a text is unsafe is read from the probabilities of the first line; the second,
 * with the categories, is generated only if it is.
 *
 * <p>Used by one thread at a time; what it returns completes on the engine's.
 */
final class ModelGuard implements AutoCloseable {
  /** Tokens of the first line, however they are cut. */
  private static final int VERDICT_TOKENS = 16;

  /** A code and the comma before it. */
  private static final int CODE_TOKENS = 8;

  /** Texts together can take a little more tokens than each for itself. */
  private static final int SLACK = 8;

  private final ModelRuntime model;
  private final GuardModel settings;
  private final Set<String> codes;
  private final DocumentSplitter splitter;

  /**
   * @throws ConfigurationException if the model cannot answer as it should
   */
  ModelGuard(ModelRuntime model, GuardModel settings) {
    this.model = requireNonNull(model, "model");
    this.settings = requireNonNull(settings, "settings");
    this.codes = settings.categories().keySet();
    this.splitter = new DocumentSplitter(model.encoder()::countTokens);
    try {
      model.prepare(LlamaGuard.VERDICT);
      LlamaGuard.findings(codes).forEach(model::prepare);
    } catch (ResponseFormatException e) {
      throw new ConfigurationException(
          "the guard's model %s cannot answer as Llama Guard does: %s"
              .formatted(settings.directory(), e.getMessage()),
          e);
    }
  }

  ModelRuntime model() {
    return model;
  }

  /**
   * Judges the last turn of a conversation. Where it does not fit the model, each turn is judged in
   * pieces, for itself; of an answer, the answer alone.
   *
   * @param asked whose name, priority, tenant and deadline the questions have
   * @return fails with a {@link GenerationException} if the engine does
   */
  CompletableFuture<ModelVerdict> judge(
      GuardSide side, List<Message> conversation, double threshold, GenerateRequest asked) {
    List<TokenIds> prompts;
    try {
      prompts = prompts(side, conversation);
    } catch (ChatRefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<ModelVerdict> verdict =
        CompletableFuture.completedFuture(new ModelVerdict(0, List.of()));
    int number = 0;
    for (TokenIds prompt : prompts) {
      GenerateRequest question = question(asked, side, ++number, prompt);
      verdict = verdict.thenCombine(judge(question, threshold), ModelVerdict::and);
    }
    return verdict;
  }

  private List<TokenIds> prompts(GuardSide side, List<Message> conversation)
      throws ChatRefusedException {
    TokenIds whole = model.encoder().encodeChat(conversation);
    if (whole.size() + answerTokens() <= model.card().longestSequence()) {
      return List.of(whole);
    }
    int room =
        model.card().longestSequence()
            - answerTokens()
            - model.encoder().encodeChat(Conversation.ofAssistant("")).size()
            - SLACK;
    if (room < 1) {
      throw new GenerationException(
          GenerationException.Code.CACHE_EXCEEDED,
          "the guard's own words leave no room for a text: raise cache_tokens");
    }
    boolean output = side == GuardSide.OUTPUT;
    int last = conversation.size() - 1;
    List<TokenIds> pieces = new ArrayList<>();
    for (Message turn : output ? conversation.subList(last, last + 1) : conversation) {
      for (String piece : splitter.split(turn.getContent(), room, room / 16)) {
        pieces.add(
            model
                .encoder()
                .encodeChat(output ? Conversation.ofAssistant(piece) : Conversation.ofUser(piece)));
      }
    }
    return pieces;
  }

  private int answerTokens() {
    return VERDICT_TOKENS + CODE_TOKENS * codes.size();
  }

  /** An answer has no deadline any more, and is looked at however late it is. */
  private static GenerateRequest question(
      GenerateRequest asked, GuardSide side, int number, TokenIds prompt) {
    GenerateRequest.Builder question =
        GenerateRequest.builder("%s guard %s %d".formatted(asked.id(), side, number), prompt)
            .maxTokens(VERDICT_TOKENS)
            .priority(asked.priority())
            .responseFormat(LlamaGuard.VERDICT)
            .tenant(asked.tenant());
    if (side == GuardSide.INPUT) {
      asked.deadline().ifPresent(question::deadline);
    }
    return question.build();
  }

  private CompletableFuture<ModelVerdict> judge(GenerateRequest question, double threshold) {
    return submit(question)
        .thenCompose(
            answer -> {
              LabelScores scores = answer.labelScores().orElseThrow();
              double unsafe = LlamaGuard.unsafe(scores);
              return unsafe < threshold
                  ? CompletableFuture.completedFuture(new ModelVerdict(unsafe, List.of()))
                  : findings(question, scores)
                      .thenApply(categories -> new ModelVerdict(unsafe, categories));
            });
  }

  private CompletableFuture<List<String>> findings(GenerateRequest question, LabelScores scores) {
    GenerateRequest.Builder more =
        GenerateRequest.builder(question.id() + " categories", question.prompt())
            .maxTokens(answerTokens())
            .priority(question.priority())
            .responseFormat(LlamaGuard.findings(scores, codes))
            .tenant(question.tenant());
    question.deadline().ifPresent(more::deadline);
    return submit(more.build()).thenApply(this::categories);
  }

  private List<String> categories(Completion answer) {
    List<String> found =
        LlamaGuard.codes(answer.text(), codes).stream().map(settings.categories()::get).toList();
    if (found.isEmpty()) {
      throw new GenerationException(
          GenerationException.Code.GENERATION_FAILED, "its answer names no category");
    }
    return found;
  }

  private CompletableFuture<Completion> submit(GenerateRequest request) {
    return model
        .submit(request)
        .completion()
        .toCompletableFuture()
        .thenApply(answer -> complete(request, answer));
  }

  private static Completion complete(GenerateRequest request, Completion answer) {
    if (answer.finishReason() == FinishReason.DEADLINE) {
      throw new GenerationException(
          GenerationException.Code.DEADLINE_EXPIRED,
          "the deadline %s passed while the guard looked at the request"
              .formatted(request.deadline().map(Object::toString).orElse("")));
    }
    return answer;
  }

  @Override
  public void close() {
    model.close();
  }
}
