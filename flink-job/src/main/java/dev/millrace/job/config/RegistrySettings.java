package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.Map;

/**
 * Where schemas are registered, and what of the job's output is framed with their ids.
 *
 * @param url where the registry speaks Confluent's protocol; empty: there is none
 * @param framing of what the job writes itself
 * @param subjects the names that schemas are registered under
 * @param register whether the job registers its schemas, or only looks them up
 * @param clientProperties of the connection: authentication and TLS
 */
public record RegistrySettings(
    String url,
    Framing framing,
    SubjectNames subjects,
    boolean register,
    Map<String, String> clientProperties)
    implements Serializable {
  public RegistrySettings {
    requireNonNull(url, "url");
    requireNonNull(framing, "framing");
    requireNonNull(subjects, "subjects");
    clientProperties = Map.copyOf(clientProperties);
    if (framing == Framing.REGISTRY && url.isEmpty()) {
      throw new ConfigurationException(
          "%s is %s, but there is no %s to get ids from: set it"
              .formatted(
                  MillraceOptions.FRAMING.key(), framing, MillraceOptions.REGISTRY_URL.key()));
    }
  }

  /** No registry at all. */
  public static RegistrySettings none() {
    return new RegistrySettings("", Framing.SINGLE_OBJECT, SubjectNames.TOPIC, true, Map.of());
  }

  public boolean isConfigured() {
    return !url.isEmpty();
  }

  /** Without the values of the client's properties. */
  @Override
  public String toString() {
    return "RegistrySettings[%s, %s, subjects by %s, client properties %s]"
        .formatted(url, framing, subjects, clientProperties.keySet());
  }
}
