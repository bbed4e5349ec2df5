package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.ResponseFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a task does with its input, checked. Made from a task file by {@link TaskFileReader}.
 *
 * @param name by which requests ask for it
 * @param version the author's own name for this state of the template
 * @param hash of the whole definition, so that a change without a new version shows
 * @param model that shall answer; empty: the job's
 * @param adapter to apply; empty: none
 * @param prompt from the input to what the model is given
 * @param sampling what the task says about sampling
 * @param responseFormat the form of the answer; empty: free text
 * @param kind what becomes of the answer
 * @param output the records besides the completions that answers become; empty: none
 * @param source the topic of events that are this task's input; empty: requests alone
 * @param guard the name of the guard of its requests; empty: the job's default
 */
public record TaskDefinition(
    String name,
    String version,
    String hash,
    Optional<String> model,
    Optional<String> adapter,
    TaskPrompt prompt,
    TaskSampling sampling,
    Optional<ResponseFormat> responseFormat,
    TaskKind kind,
    Optional<OutputMapping> output,
    Optional<EventSource> source,
    Optional<String> guard) {
  public TaskDefinition {
    requireNonNull(name, "name");
    requireNonNull(version, "version");
    requireNonNull(hash, "hash");
    requireNonNull(model, "model");
    requireNonNull(adapter, "adapter");
    requireNonNull(prompt, "prompt");
    requireNonNull(sampling, "sampling");
    requireNonNull(responseFormat, "responseFormat");
    requireNonNull(kind, "kind");
    requireNonNull(output, "output");
    requireNonNull(source, "source");
    requireNonNull(guard, "guard");
  }

  /** Name, version and hash, as results are stamped with them. */
  public String stamp() {
    return name + "@" + version + ":" + hash;
  }

  /** Sets the sampling that the request leaves open. */
  public void fillSampling(GenerationRequest request) {
    sampling.fill(request);
  }

  /** The topic that the task writes to, besides its completions; empty: none. */
  public Optional<String> topic() {
    return kind.topic().or(() -> output.map(OutputMapping::topic));
  }

  /** The names of what the templates take from the input, as far as rendering shows them. */
  public List<String> inputs() {
    return List.copyOf(prompt.variables());
  }
}
