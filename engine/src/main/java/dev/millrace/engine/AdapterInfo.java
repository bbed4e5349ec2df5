package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

/**
 * A loaded LoRA adapter.
 *
 * @param name in requests
 * @param hash identifies its configuration and weights, for provenance
 */
public record AdapterInfo(String name, String hash) {
  public AdapterInfo {
    requireNonNull(name);
    requireNonNull(hash);
  }
}
