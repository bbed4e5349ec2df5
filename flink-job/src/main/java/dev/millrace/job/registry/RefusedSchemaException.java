package dev.millrace.job.registry;

import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.config.RegistrySettings;
import org.apache.avro.Schema;

/** A schema that a registry does not take, or does not have. The message says what to do. */
public final class RefusedSchemaException extends Exception {
  private static final long serialVersionUID = 1L;

  RefusedSchemaException(
      RegistrySettings settings, String subject, Schema schema, Throwable refusal) {
    super(message(settings, subject, schema, refusal.getMessage()), refusal);
  }

  private static String message(
      RegistrySettings settings, String subject, Schema schema, String why) {
    return settings.register()
        ? "the registry at %s does not take the schema %s under subject %s: %s; change the subject's compatibility, or set %s to topic-record"
            .formatted(
                settings.url(),
                schema.getFullName(),
                subject,
                why,
                MillraceOptions.REGISTRY_SUBJECTS.key())
        : "the registry at %s does not have the schema %s under subject %s: %s; register it, or set %s. It is %s"
            .formatted(
                settings.url(),
                schema.getFullName(),
                subject,
                why,
                MillraceOptions.REGISTRY_REGISTER.key(),
                schema);
  }
}
