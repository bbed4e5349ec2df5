package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.GenerationException;
import dev.millrace.schema.GuardAction;
import dev.millrace.schema.GuardReport;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.GuardVerdict;
import dev.millrace.schema.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * One record's way past its guard: {@link #input} before anything is generated, {@link #output}
 * when all is. Both complete on the task thread, and fail with a {@link GuardException} if the
 * record must not go on. Task thread only.
 */
public final class GuardCheck {
  private static final String MODEL = "model";
  private static final String SAFE = "safe";
  private static final String UNCHECKED = "unchecked";

  private final GuardPolicy policy;
  private final Optional<ModelGuard> model;
  private final List<Message> conversation;
  private final GenerateRequest request;
  private final Executor taskThread;
  private final List<GuardVerdict> verdicts;

  /**
   * @param conversation what the request says, its rules applied; empty if no model asks
   * @param found by the rules in what the request says
   */
  GuardCheck(
      GuardPolicy policy,
      Optional<ModelGuard> model,
      List<Message> conversation,
      List<GuardVerdict> found,
      GenerateRequest request,
      Executor taskThread) {
    this.policy = requireNonNull(policy, "policy");
    this.model = requireNonNull(model, "model");
    this.conversation = requireNonNull(conversation, "conversation");
    this.verdicts = new ArrayList<>(found);
    this.request = requireNonNull(request, "request");
    this.taskThread = requireNonNull(taskThread, "taskThread");
  }

  /** Has the model judge what the request says; its rules have been applied before. */
  public CompletableFuture<Void> input() {
    return ask(GuardSide.INPUT, conversation);
  }

  /** Applies the rules to answers and has the model judge them; gives them as they may leave. */
  public CompletableFuture<List<String>> output(List<String> answers) {
    Screening screening = new Screening(policy, GuardSide.OUTPUT);
    List<String> screened;
    try {
      screened = answers.stream().map(screening::screen).toList();
    } catch (GuardException blocked) {
      return CompletableFuture.failedFuture(blocked);
    }
    verdicts.addAll(screening.verdicts());
    String whole = String.join("\n", screened.stream().distinct().toList());
    return ask(GuardSide.OUTPUT, Conversation.with(conversation, whole))
        .thenApply(passed -> screened);
  }

  /** What was found and let go on. */
  public GuardReport report() {
    return new GuardReport(policy.stamp(), List.copyOf(verdicts));
  }

  private CompletableFuture<Void> ask(GuardSide side, List<Message> turns) {
    if (!policy.asksModel(side)) {
      return CompletableFuture.completedFuture(null);
    }
    double threshold = policy.model().orElseThrow().threshold();
    return model
        .orElseThrow()
        .judge(side, turns, threshold, request)
        .handleAsync((verdict, failure) -> settle(side, verdict, failure), taskThread);
  }

  private Void settle(GuardSide side, ModelVerdict verdict, Throwable failure) {
    if (failure != null) {
      settleFailure(side, cause(failure));
    } else if (verdict.categories().isEmpty()) {
      add(side, SAFE, GuardAction.PASS, verdict.probability());
    } else {
      refuse(side, verdict);
      verdict
          .categories()
          .forEach(category -> add(side, category, GuardAction.FLAG, verdict.probability()));
    }
    return null;
  }

  private void refuse(GuardSide side, ModelVerdict verdict) {
    for (String category : verdict.categories()) {
      if (policy.model().orElseThrow().block().contains(category)) {
        String finder = String.format(Locale.ROOT, "its model (%.2f)", verdict.probability());
        throw GuardException.blocked(policy, side, finder, category);
      }
    }
  }

  /** An engine that has ended is no fault of the record's, and a deadline is no fault at all. */
  private void settleFailure(GuardSide side, Throwable cause) {
    if (cause instanceof GenerationException failure
        && (failure.code() == GenerationException.Code.ENGINE_CLOSED
            || failure.code() == GenerationException.Code.DEADLINE_EXPIRED)) {
      throw failure;
    }
    if (policy.onFailure() == OnFailure.BLOCK) {
      throw GuardException.failed(policy, side, cause);
    }
    add(side, UNCHECKED, GuardAction.UNCHECKED, null);
  }

  private void add(GuardSide side, String category, GuardAction action, Double probability) {
    verdicts.add(new GuardVerdict(side, MODEL, category, action, 1, probability));
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
