package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.task.AnswerFormat;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import java.util.Optional;

/** The form that a request's answer shall have, once it is sure that the model can keep to it. */
final class ResponseFormats {
  private final ModelRuntime model;

  ResponseFormats(ModelRuntime model) {
    this.model = requireNonNull(model, "model");
  }

  /**
   * The request's format; empty for free text.
   *
   * @throws RefusedException if it cannot be guaranteed
   */
  Optional<ResponseFormat> of(GenerationRequest request) throws RefusedException {
    try {
      Optional<ResponseFormat> format = request.getResponseFormat().flatMap(AnswerFormat::of);
      format.ifPresent(model::prepare);
      return format;
    } catch (ResponseFormatException e) {
      throw new RefusedException(
          ErrorCode.INVALID_RESPONSE_FORMAT, "response_format: " + e.getMessage());
    }
  }

  /**
   * Makes the forms of all tasks' answers ready, before the first request comes.
   *
   * @throws ConfigurationException naming the task whose form cannot be guaranteed, and why
   */
  static void prepare(ModelRuntime model, Tasks tasks) {
    for (TaskDefinition task : tasks.all()) {
      try {
        task.responseFormat().flatMap(AnswerFormat::of).ifPresent(model::prepare);
      } catch (ResponseFormatException e) {
        throw new ConfigurationException(
            "task '%s': the form of its answer cannot be guaranteed: %s"
                .formatted(task.name(), e.getMessage()),
            e);
      }
    }
  }
}
