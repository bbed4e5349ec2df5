package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Tenant;
import java.io.Serializable;
import java.util.Map;

/**
 * Which of a request's attributes names its tenant, and what share each has.
 *
 * @param attribute empty: requests are not told apart
 * @param shares those that are not 1
 */
public record TenantSettings(String attribute, Map<String, Double> shares) implements Serializable {
  public TenantSettings {
    requireNonNull(attribute, "attribute");
    shares = Map.copyOf(shares);
  }

  /** The tenant of a request with these attributes; one without the attribute is anybody's. */
  public Tenant tenantOf(Map<String, String> attributes) {
    String name = attribute.isEmpty() ? null : attributes.get(attribute);
    return name == null ? Tenant.ANYBODY : new Tenant(name, shares.getOrDefault(name, 1.0));
  }
}
