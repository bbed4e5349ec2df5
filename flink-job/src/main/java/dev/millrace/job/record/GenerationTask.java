package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import java.util.Map;
import java.util.Optional;

/**
 * A prompt ready for the engine.
 *
 * @param origin the record it came in
 * @param request what the engine shall do, without tokens to resume from
 * @param attributes the request's own, for the result
 * @param templateVersion what rendered the prompt
 * @param task the name of the task it is for; empty: the request brought its own prompt
 */
public record GenerationTask(
    PromptRecord origin,
    GenerateRequest request,
    Map<String, String> attributes,
    String templateVersion,
    Optional<String> task)
    implements Prepared {
  public GenerationTask {
    requireNonNull(origin, "origin");
    requireNonNull(request, "request");
    attributes = Map.copyOf(attributes);
    requireNonNull(templateVersion, "templateVersion");
    requireNonNull(task, "task");
  }

  /** The same, rendered by something else. */
  public GenerationTask withTemplateVersion(String version) {
    return new GenerationTask(origin, request, attributes, version, task);
  }

  /** A prompt that is no task's. */
  public GenerationTask(
      PromptRecord origin,
      GenerateRequest request,
      Map<String, String> attributes,
      String templateVersion) {
    this(origin, request, attributes, templateVersion, Optional.empty());
  }
}
