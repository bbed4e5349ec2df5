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
 */
record TokenizerConfig(
    Optional<String> chatTemplate, Path templateFile, Map<String, String> namedTokens) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static TokenizerConfig read(Path checkpoint) {
    Path configFile = checkpoint.resolve("tokenizer_config.json");
    Path templateFile = checkpoint.resolve("chat_template.jinja");
    try {
      JsonNode config =
          Files.exists(configFile) ? JSON.readTree(configFile.toFile()) : JSON.createObjectNode();
      Map<String, String> tokens = namedTokens(config);
      return Files.exists(templateFile)
          ? new TokenizerConfig(Optional.of(Files.readString(templateFile)), templateFile, tokens)
          : new TokenizerConfig(chatTemplate(config, configFile), configFile, tokens);
    } catch (JsonProcessingException malformed) {
      throw new CheckpointException(
          configFile + " is not valid JSON: " + malformed.getMessage(), malformed);
    } catch (IOException unreadable) {
      throw new CheckpointException(checkpoint + " cannot be read: " + unreadable, unreadable);
    }
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
