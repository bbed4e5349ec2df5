package dev.millrace.job.prepare;

import dev.millrace.schema.GenerationRequest;

/** The requests of the generations that one request leads to. */
final class StepRequests {
  private StepRequests() {}

  /** The same request under an id of its own, and so with a noise of its own. */
  static GenerationRequest of(GenerationRequest request, String name) {
    GenerationRequest step = new GenerationRequest();
    // Not a builder, which would copy the document for each of its parts.
    request.getSchema().getFields().forEach(f -> step.put(f.pos(), request.get(f.pos())));
    step.setId(request.getId() + " " + name);
    step.setSeed(request.getSeed().map(seed -> seed ^ Seeds.of(name)).orElse(null));
    return step;
  }
}
