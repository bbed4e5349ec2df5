package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.ChatTemplateException;
import dev.millrace.job.model.ChatRefusedException;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskPrompt;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import java.util.List;
import java.util.Map;

/** Turns a validated request's messages, prompt or task with input into tokens. */
final class RequestRenderer {
  private static final String RAW = "raw";

  private final ModelRuntime model;
  private final Tasks tasks;

  RequestRenderer(ModelRuntime model, Tasks tasks) {
    this.model = requireNonNull(model, "model");
    this.tasks = requireNonNull(tasks, "tasks");
  }

  RenderedRequest render(GenerationRequest request) throws RefusedException {
    RenderedRequest rendered =
        request.getTask().isPresent()
            ? renderTask(tasks.named(request.getTask().get()).orElseThrow(), request.getInput())
            : renderPlain(request);
    if (rendered.tokens().isEmpty()) {
      throw new RefusedException(
          ErrorCode.NO_MESSAGES, "the prompt has no tokens: send text to answer");
    }
    return rendered;
  }

  private RenderedRequest renderPlain(GenerationRequest request) throws RefusedException {
    return request.getMessages().isPresent()
        ? renderChat(request.getMessages().get())
        : renderRaw(request.getPrompt().orElseThrow());
  }

  /** Renders a task's prompt; the stamp names the task's template and the model's. */
  RenderedRequest renderTask(TaskDefinition task, Map<String, ?> input) throws RefusedException {
    return render(task, task.prompt(), input);
  }

  /** Renders another prompt of a task, such as the one that combines summaries. */
  RenderedRequest render(TaskDefinition task, TaskPrompt prompt, Map<String, ?> input)
      throws RefusedException {
    RenderedRequest rendered;
    try {
      rendered =
          prompt.isRaw() ? renderRaw(prompt.text(input)) : renderChat(prompt.messages(input));
    } catch (ChatTemplateException e) {
      throw new RefusedException(
          ErrorCode.TEMPLATE_ERROR,
          "task '%s': %s: send it in input".formatted(task.name(), e.getMessage()));
    }
    return new RenderedRequest(rendered.tokens(), task.stamp() + " " + rendered.templateVersion());
  }

  private RenderedRequest renderRaw(String prompt) {
    return new RenderedRequest(model.encoder().encodeRaw(prompt), RAW);
  }

  private RenderedRequest renderChat(List<Message> messages) throws RefusedException {
    TokenIds tokens;
    try {
      tokens = model.encoder().encodeChat(messages);
    } catch (ChatRefusedException e) {
      throw new RefusedException(
          ErrorCode.TEMPLATE_ERROR,
          "the model's chat template refused the conversation: " + e.getMessage());
    }
    return new RenderedRequest(tokens, model.card().chatTemplateVersion());
  }
}
