package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.job.compound.Step;
import dev.millrace.job.config.RequestDefaults;
import dev.millrace.job.document.DocumentSplitter;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.Answer;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.job.task.TaskPrompt;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Plans the summary of a document: one generation if the document fits a prompt, else one for each
 * part of it, whose summaries are then combined, as many as fit a prompt at a time, until there is
 * one.
 */
final class SummaryPlanner {
  /** The name under which a template has the summaries to combine. */
  private static final String PARTS = "parts";

  /** Texts together can take a little more tokens than each for itself. */
  private static final int SLACK = 8;

  private final ModelRuntime model;
  private final RequestDefaults defaults;
  private final RequestRenderer renderer;
  private final RequestPlanner planner;
  private final DocumentSplitter splitter;

  SummaryPlanner(
      ModelRuntime model,
      RequestDefaults defaults,
      RequestRenderer renderer,
      RequestPlanner planner) {
    this.model = requireNonNull(model, "model");
    this.defaults = requireNonNull(defaults, "defaults");
    this.renderer = requireNonNull(renderer, "renderer");
    this.planner = requireNonNull(planner, "planner");
    this.splitter = new DocumentSplitter(model.encoder()::countTokens);
  }

  Prepared plan(PromptRecord prompt, GenerationRequest request, TaskDefinition task)
      throws RefusedException {
    TaskKind.Summarise kind = (TaskKind.Summarise) task.kind();
    String document = document(request, kind);
    request.setMaxTokens(maxTokens(request));
    int room = room(request, task, task.prompt(), withDocument(request, kind, "", 1, 1));
    int partTokens = kind.partTokens() == 0 ? room : Math.min(kind.partTokens(), room);
    List<String> parts = parts(document, partTokens, kind);
    if (parts.size() > 1) {
      requireRoomToCombine(request, task, kind);
    }
    List<GenerateRequest> first = new ArrayList<>(parts.size());
    String stamp = task.stamp();
    for (String part : parts) {
      int number = first.size() + 1;
      RenderedRequest rendered =
          renderer.renderTask(task, withDocument(request, kind, part, number, parts.size()));
      stamp = rendered.templateVersion();
      first.add(
          parts.size() == 1
              ? planner.plan(request, rendered)
              : planner.plan(StepRequests.of(request, "part " + number), rendered));
    }
    return parts.size() == 1
        ? new GenerationTask(
            prompt, first.get(0), request.getAttributes(), stamp, Optional.of(task.name()))
        : new CompoundTask(
            prompt, request.getId(), request.getAttributes(), task.name(), stamp, first);
  }

  /** Combines the summaries of a level into fewer; one is the end. */
  List<Step> combine(
      GenerationRequest request, TaskDefinition task, int level, List<Answer> answers)
      throws RefusedException {
    if (answers.size() == 1) {
      return List.of();
    }
    TaskKind.Summarise kind = (TaskKind.Summarise) task.kind();
    TaskPrompt prompt = kind.combine();
    request.setMaxTokens(maxTokens(request));
    int room = room(request, task, prompt, Map.of(PARTS, List.of()));
    List<Step> steps = new ArrayList<>();
    for (List<Answer> group : groups(answers, room, kind.combineAtMost())) {
      steps.add(
          group.size() == 1
              ? Step.carrying(group.get(0))
              : Step.of(combination(request, task, prompt, level, steps.size() + 1, group)));
    }
    return steps;
  }

  private GenerateRequest combination(
      GenerationRequest request,
      TaskDefinition task,
      TaskPrompt prompt,
      int level,
      int number,
      List<Answer> group)
      throws RefusedException {
    List<String> summaries = group.stream().map(answer -> answer.text().strip()).toList();
    RenderedRequest rendered = renderer.render(task, prompt, Map.of(PARTS, summaries));
    return planner.plan(
        StepRequests.of(request, "level %d part %d".formatted(level + 1, number)), rendered);
  }

  /** As many answers in a row as there is room for, but two at least. */
  private List<List<Answer>> groups(List<Answer> answers, int room, int atMost) {
    List<List<Answer>> groups = new ArrayList<>();
    List<Answer> group = new ArrayList<>();
    int used = 0;
    for (Answer answer : answers) {
      int tokens = model.encoder().countTokens(answer.text()) + SLACK;
      if (group.size() >= 2 && (used + tokens > room || group.size() == atMost)) {
        groups.add(List.copyOf(group));
        group.clear();
        used = 0;
      }
      group.add(answer);
      used += tokens;
    }
    groups.add(List.copyOf(group));
    return groups;
  }

  private List<String> parts(String document, int partTokens, TaskKind.Summarise kind) {
    return model.encoder().countTokens(document) <= partTokens
        ? List.of(document)
        : splitter.split(document, partTokens, Math.min(kind.overlapTokens(), partTokens / 2));
  }

  /** How many tokens a prompt can take beside what it always says, and the answer. */
  private int room(
      GenerationRequest request, TaskDefinition task, TaskPrompt prompt, Map<String, ?> empty)
      throws RefusedException {
    int taken = renderer.render(task, prompt, empty).tokens().size() + request.getMaxTokens().get();
    int room = model.card().longestSequence() - taken - SLACK;
    if (room < 1) {
      throw new RefusedException(
          ErrorCode.CONTEXT_EXCEEDED,
          "task '%s' leaves no room for a document: its prompt and max_tokens %d take %d of the %d tokens that a sequence can have: lower max_tokens"
              .formatted(
                  task.name(),
                  request.getMaxTokens().get(),
                  taken,
                  model.card().longestSequence()));
    }
    return room;
  }

  private void requireRoomToCombine(
      GenerationRequest request, TaskDefinition task, TaskKind.Summarise kind)
      throws RefusedException {
    int room = room(request, task, kind.combine(), Map.of(PARTS, List.of()));
    int two = 2 * (request.getMaxTokens().get() + SLACK);
    if (room < two) {
      throw new RefusedException(
          ErrorCode.CONTEXT_EXCEEDED,
          "two summaries of task '%s' may take %d tokens, but a prompt has room for %d: lower max_tokens %d"
              .formatted(task.name(), two, room, request.getMaxTokens().get()));
    }
  }

  /** A default that leaves most of the context to the document. */
  private int maxTokens(GenerationRequest request) {
    return request
        .getMaxTokens()
        .orElse(Math.max(1, Math.min(defaults.maxTokens(), model.card().longestSequence() / 8)));
  }

  private static String document(GenerationRequest request, TaskKind.Summarise kind)
      throws RefusedException {
    String document = request.getInput().get(kind.document());
    if (document == null || document.isBlank()) {
      throw new RefusedException(
          ErrorCode.NO_MESSAGES,
          "input has no '%s', the document to summarise".formatted(kind.document()));
    }
    return document;
  }

  private static Map<String, Object> withDocument(
      GenerationRequest request, TaskKind.Summarise kind, String text, int number, int count) {
    Map<String, Object> input = new HashMap<>(request.getInput());
    input.put("part_number", number);
    input.put("part_count", count);
    input.put(kind.document(), text);
    return input;
  }
}
