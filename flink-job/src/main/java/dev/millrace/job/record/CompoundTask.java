package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import java.util.List;
import java.util.Map;

/**
 * A prompt that takes several generations, such as the parts of a document. They share its fate:
 * there is one outcome for all.
 *
 * @param origin the record it came in
 * @param id the request's own
 * @param attributes the request's own, for the result
 * @param task the name of the task
 * @param templateVersion what renders the prompts
 * @param first what can be generated at once; what follows depends on the answers
 */
public record CompoundTask(
    PromptRecord origin,
    String id,
    Map<String, String> attributes,
    String task,
    String templateVersion,
    List<GenerateRequest> first)
    implements Prepared {
  public CompoundTask {
    requireNonNull(origin, "origin");
    requireNonNull(id, "id");
    attributes = Map.copyOf(attributes);
    requireNonNull(task, "task");
    requireNonNull(templateVersion, "templateVersion");
    first = List.copyOf(first);
    if (first.isEmpty()) {
      throw new IllegalArgumentException(id + " has nothing to generate");
    }
  }

  /** The same, rendered by something else. */
  public CompoundTask withTemplateVersion(String version) {
    return new CompoundTask(origin, id, attributes, task, version, first);
  }

  /**
   * Changes with whatever its answers depend on, the model's weights apart: an answer from before a
   * restart counts only if this is the same.
   */
  public String plan() {
    int prompts = first.stream().map(GenerateRequest::prompt).toList().hashCode();
    return "%s %d %08x".formatted(templateVersion, first.size(), prompts);
  }
}
