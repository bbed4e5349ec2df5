package dev.millrace.job.registry;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.MillraceOptions;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;

/**
 * How the registry is connected to, in the words of Kafka's clients and by their code: it is what
 * reads secrets from where they are named, and stores of keys and certificates.
 */
final class RegistryConfig extends AbstractConfig {
  private static final String USER_INFO = "basic.auth.user.info";
  private static final String TOKEN = "bearer.auth.token";
  private static final ConfigDef DEFINITION =
      new ConfigDef()
          .define(USER_INFO, ConfigDef.Type.PASSWORD, null, ConfigDef.Importance.MEDIUM, "")
          .define(TOKEN, ConfigDef.Type.PASSWORD, null, ConfigDef.Importance.MEDIUM, "")
          .withClientSslSupport();

  private RegistryConfig(Map<String, String> properties) {
    super(DEFINITION, properties, false);
  }

  /**
   * Reads the secrets, too.
   *
   * @throws ConfigurationException if a property is unknown, or a secret cannot be read
   */
  static RegistryConfig of(Map<String, String> properties) {
    refuseUnknown(properties);
    try {
      return new RegistryConfig(properties);
    } catch (KafkaException e) {
      throw new ConfigurationException(
          "the %s* settings are not right: %s"
              .formatted(MillraceOptions.REGISTRY_CLIENT_PREFIX, e.getMessage()),
          e);
    }
  }

  private static void refuseUnknown(Map<String, String> properties) {
    Set<String> unknown = new TreeSet<>(properties.keySet());
    unknown.removeIf(name -> name.startsWith("config.providers"));
    unknown.removeAll(DEFINITION.names());
    if (!unknown.isEmpty()) {
      throw new ConfigurationException(
          "unknown setting %s%s: there are %s, %s and Kafka's ssl.*"
              .formatted(
                  MillraceOptions.REGISTRY_CLIENT_PREFIX,
                  String.join(", ", unknown),
                  USER_INFO,
                  TOKEN));
    }
  }

  /** The value of the header Authorization, if there is one. */
  Optional<String> authorization() {
    Password user = getPassword(USER_INFO);
    if (user != null) {
      byte[] bytes = user.value().getBytes(StandardCharsets.UTF_8);
      return Optional.of("Basic " + Base64.getEncoder().encodeToString(bytes));
    }
    return Optional.ofNullable(getPassword(TOKEN)).map(token -> "Bearer " + token.value());
  }

  /** Keys and certificates, if any are configured. */
  Optional<SSLContext> ssl() {
    if (originals().keySet().stream().noneMatch(name -> name.startsWith("ssl."))) {
      return Optional.empty();
    }
    try (DefaultSslEngineFactory factory = new DefaultSslEngineFactory()) {
      factory.configure(new HashMap<>(values()));
      return Optional.of(factory.sslContext());
    } catch (KafkaException e) {
      throw new ConfigurationException(
          "the %sssl.* settings are not right: %s"
              .formatted(MillraceOptions.REGISTRY_CLIENT_PREFIX, e.getMessage()),
          e);
    }
  }
}
