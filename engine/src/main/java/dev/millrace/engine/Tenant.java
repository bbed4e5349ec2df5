package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

/**
 * Whose request it is. Tenants that compete for the engine take turns so that each is admitted
 * tokens in proportion to its share; one alone gets everything.
 *
 * @param share greater than 0; only its ratio to the others' matters
 */
public record Tenant(String name, double share) {
  /** Whoever is not told apart. */
  public static final Tenant ANYBODY = new Tenant("", 1);

  public Tenant {
    requireNonNull(name);
    if (!(share > 0) || !Double.isFinite(share)) {
      throw new IllegalArgumentException(
          "the share %s of tenant '%s' must be greater than 0".formatted(share, name));
    }
  }
}
