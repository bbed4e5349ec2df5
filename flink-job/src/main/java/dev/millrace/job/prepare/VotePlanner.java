package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.schema.GenerationRequest;
import java.util.ArrayList;
import java.util.List;

/** Plans several answers to one prompt, which differ by the noise of their sampling alone. */
final class VotePlanner {
  private final RequestRenderer renderer;
  private final RequestPlanner planner;

  VotePlanner(RequestRenderer renderer, RequestPlanner planner) {
    this.renderer = requireNonNull(renderer, "renderer");
    this.planner = requireNonNull(planner, "planner");
  }

  CompoundTask plan(PromptRecord prompt, GenerationRequest request, TaskDefinition task, int votes)
      throws RefusedException {
    RenderedRequest rendered = renderer.render(request);
    List<GenerateRequest> answers = new ArrayList<>(votes);
    for (int vote = 1; vote <= votes; vote++) {
      answers.add(planner.plan(StepRequests.of(request, "vote " + vote), rendered));
    }
    return new CompoundTask(
        prompt,
        request.getId(),
        request.getAttributes(),
        task.name(),
        rendered.templateVersion(),
        answers);
  }
}
