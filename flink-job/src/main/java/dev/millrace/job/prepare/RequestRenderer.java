package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenIds;
import dev.millrace.job.model.ChatRefusedException;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import java.util.List;

/**
 * Turns a validated request's messages or prompt into tokens. A task will be rendered here too, by
 * its own template, once tasks can be configured.
 */
final class RequestRenderer {
  private static final String RAW = "raw";

  private final ModelRuntime model;

  RequestRenderer(ModelRuntime model) {
    this.model = requireNonNull(model, "model");
  }

  RenderedRequest render(GenerationRequest request) throws RefusedException {
    if (request.getTask().isPresent()) {
      throw new RefusedException(
          ErrorCode.UNKNOWN_TASK,
          "task '%s' is not configured at this job: send messages or a prompt"
              .formatted(request.getTask().get()));
    }
    RenderedRequest rendered =
        request.getMessages().isPresent()
            ? renderChat(request.getMessages().get())
            : new RenderedRequest(
                model.encoder().encodeRaw(request.getPrompt().orElseThrow()), RAW);
    if (rendered.tokens().isEmpty()) {
      throw new RefusedException(
          ErrorCode.NO_MESSAGES, "the prompt has no tokens: send text to answer");
    }
    return rendered;
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
