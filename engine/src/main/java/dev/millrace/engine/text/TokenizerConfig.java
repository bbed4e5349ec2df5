package dev.millrace.engine.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a checkpoint says beside tokenizer.json about writing a conversation.
 *
 * @param chatTemplate Jinja source: chat_template.jinja, else tokenizer_config.json's chat_template
 * @param templateFile where the template comes from, or would
 * @param namedTokens bos_token, eos_token and their like, as templates name them
 * @param affixes of a raw text, where they are not tokenizer.json's
 */
record TokenizerConfig(
    Optional<String> chatTemplate,
    Path templateFile,
    Map<String, String> namedTokens,
    Optional<TextAffixes> affixes) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static TokenizerConfig read(Path checkpoint) {
    Path configFile = checkpoint.resolve("tokenizer_config.json");
    Path templateFile = checkpoint.resolve("chat_template.jinja");
    try {
      JsonNode config =
          Files.exists(configFile) ? JSON.readTree(configFile.toFile()) : JSON.createObjectNode();
      Map<String, String> tokens = namedTokens(config);
      if (!config.has("added_tokens_decoder")) {
        tokens.putAll(namedTokens(specialTokensMap(checkpoint)));
      }
      Optional<TextAffixes> affixes = TextAffixes.of(config, tokens, configFile);
      return Files.exists(templateFile)
          ? new TokenizerConfig(
              Optional.of(Files.readString(templateFile)), templateFile, tokens, affixes)
          : new TokenizerConfig(chatTemplate(config, configFile), configFile, tokens, affixes);
    } catch (JsonProcessingException malformed) {
      throw new CheckpointException(
          "tokenizer_config.json or special_tokens_map.json of %s is not valid JSON: %s"
              .formatted(checkpoint, malformed.getMessage()),
          malformed);
    } catch (IOException unreadable) {
      throw new CheckpointException(checkpoint + " cannot be read: " + unreadable, unreadable);
    }
  }

  /** Older checkpoints name their tokens there, which then goes before tokenizer_config.json. */
  private static JsonNode specialTokensMap(Path checkpoint) throws IOException {
    Path file = checkpoint.resolve("special_tokens_map.json");
    return Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.createObjectNode();
  }

  /** A token is a string or an object with its properties, of which the content counts. */
  private static Map<String, String> namedTokens(JsonNode config) {
    Map<String, String> tokens = new HashMap<>();
    config
        .properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              JsonNode content = value.isObject() ? value.path("content") : value;
              if (entry.getKey().endsWith("_token") && content.isTextual()) {
                tokens.put(entry.getKey(), content.asText());
              }
            });
    return tokens;
  }

  /** One template, or a list of named ones of which "default" is taken. */
  private static Optional<String> chatTemplate(JsonNode config, Path file) {
    JsonNode template = config.path("chat_template");
    if (template.isTextual()) {
      return Optional.of(template.asText());
    }
    if (template.isMissingNode() || template.isNull()) {
      return Optional.empty();
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        return Optional.of(named.path("template").asText());
      }
    }
    throw new CheckpointException(
        file + ": chat_template is neither a string nor a list with a template named default");
  }
}
