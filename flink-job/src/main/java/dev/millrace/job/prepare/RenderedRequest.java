package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenIds;

/** A request's prompt in tokens, and what rendered it. */
record RenderedRequest(TokenIds tokens, String templateVersion) {
  RenderedRequest {
    requireNonNull(tokens, "tokens");
    requireNonNull(templateVersion, "templateVersion");
  }
}
