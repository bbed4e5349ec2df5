package dev.millrace.engine.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.CheckpointException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tokens that the reference library puts round a raw text where it does not follow
 * tokenizer.json: its Llama tokenizers write that part anew, from add_bos_token and add_eos_token
 * of tokenizer_config.json.
 *
 * @param before the token's name, if there is one
 * @param after likewise
 */
record TextAffixes(Optional<String> before, Optional<String> after) {
  private static final Set<String> REWRITING =
      Set.of(
          "LlamaTokenizer", "LlamaTokenizerFast", "CodeLlamaTokenizer", "CodeLlamaTokenizerFast");

  /** Empty if tokenizer.json has the say. */
  static Optional<TextAffixes> of(JsonNode config, Map<String, String> namedTokens, Path file) {
    if (!REWRITING.contains(config.path("tokenizer_class").asText())) {
      return Optional.empty();
    }
    return Optional.of(
        new TextAffixes(
            affix(config, "add_bos_token", true, "bos_token", "<s>", namedTokens, file),
            affix(config, "add_eos_token", false, "eos_token", "</s>", namedTokens, file)));
  }

  private static Optional<String> affix(
      JsonNode config,
      String flag,
      boolean missing,
      String name,
      String usual,
      Map<String, String> namedTokens,
      Path file) {
    if (!config.path(flag).asBoolean(missing)) {
      return Optional.empty();
    }
    if (config.has(name) && !namedTokens.containsKey(name)) {
      throw new CheckpointException(
          "%s: %s is true, but there is no %s".formatted(file, flag, name));
    }
    return Optional.of(namedTokens.getOrDefault(name, usual));
  }
}
