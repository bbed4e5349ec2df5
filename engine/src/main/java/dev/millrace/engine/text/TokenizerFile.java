package dev.millrace.engine.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The parts of tokenizer.json that say what a token stands for. The merges, most of a large file,
 * are passed over without being held.
 */
final class TokenizerFile {
  static final String NAME = "tokenizer.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Ids are dense in practice; far higher ones would make the table of tokens enormous. */
  private static final int SLACK = 65_536;

  private final Path path;
  private final Map<String, Integer> vocabulary = new HashMap<>();
  private final List<AddedToken> addedTokens = new ArrayList<>();
  private String modelType = "";
  private boolean mergesPresent;
  private boolean plain = true;
  private JsonNode normalizer = MissingNode.getInstance();
  private JsonNode preTokenizer = MissingNode.getInstance();
  private JsonNode decoder = MissingNode.getInstance();

  private TokenizerFile(Path path) {
    this.path = path;
  }

  static TokenizerFile read(Path path) {
    TokenizerFile file = new TokenizerFile(path);
    try (JsonParser parser = JSON.createParser(path.toFile())) {
      file.readTop(parser);
    } catch (NoSuchFileException | java.io.FileNotFoundException missing) {
      throw new CheckpointException(path + " is missing: Millrace needs a fast tokenizer", missing);
    } catch (JsonProcessingException malformed) {
      throw new CheckpointException(
          path + " is not valid JSON: " + malformed.getMessage(), malformed);
    } catch (IOException unreadable) {
      throw new CheckpointException(path + " cannot be read: " + unreadable, unreadable);
    }
    file.check();
    return file;
  }

  /** Every token by its spelling; an added token's id wins over the model's. */
  Map<String, Integer> ids() {
    Map<String, Integer> ids = new HashMap<>(vocabulary);
    addedTokens.forEach(token -> ids.put(token.content(), token.id()));
    return ids;
  }

  List<AddedToken> addedTokens() {
    return addedTokens;
  }

  int size() {
    return ids().values().stream().mapToInt(id -> id + 1).max().orElse(0);
  }

  TokenDecoder decoder() {
    return DecoderParser.parse(decoder, path);
  }

  /**
   * Whether a text may be cut before any space that follows a visible ASCII character, and its
   * parts tokenised on their own.
   */
  boolean cutsBeforeSpaces() {
    boolean normalized = !normalizer.isMissingNode() && !normalizer.isNull();
    return plain && !normalized && PreTokenizer.cutsBeforeSpaces(preTokenizer);
  }

  /**
   * What cuts a text into words, each tokenised on its own, after added tokens were cut out; empty
   * if it is more than one regular expression.
   */
  Optional<Pattern> wordPattern() {
    return cutsBeforeSpaces() ? PreTokenizer.wordPattern(preTokenizer) : Optional.empty();
  }

  /** An added token that is found wherever it stands, and in which no space can be cut at. */
  private static boolean isPlain(JsonNode token) {
    return !token.path("content").asText().contains(" ")
        && !token.path("single_word").asBoolean()
        && !token.path("lstrip").asBoolean()
        && !token.path("rstrip").asBoolean();
  }

  private void readTop(JsonParser parser) throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, "the file");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "added_tokens" -> readAddedTokens(parser.readValueAsTree());
        case "normalizer" -> normalizer = parser.readValueAsTree();
        case "pre_tokenizer" -> preTokenizer = parser.readValueAsTree();
        case "decoder" -> decoder = parser.readValueAsTree();
        case "model" -> readModel(parser);
        default -> parser.skipChildren();
      }
    }
  }

  private void readModel(JsonParser parser) throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT, "model");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "type" -> modelType = parser.getText();
        case "vocab" -> readVocabulary(parser);
        case "merges" -> {
          mergesPresent = true;
          parser.skipChildren();
        }
        default -> parser.skipChildren();
      }
    }
  }

  private void readVocabulary(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      parser.skipChildren(); // Unigram's list of scores, which check() refuses by the model's name
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String token = parser.currentName();
      expect(parser.nextToken(), JsonToken.VALUE_NUMBER_INT, "model.vocab[\"" + token + "\"]");
      vocabulary.put(token, parser.getIntValue());
    }
  }

  private void readAddedTokens(JsonNode tokens) {
    for (JsonNode token : tokens) {
      JsonNode id = token.path("id");
      JsonNode content = token.path("content");
      if (!id.canConvertToInt() || content.asText().isEmpty()) {
        throw new CheckpointException(
            path + ": added_tokens has " + token + " without id or content");
      }
      plain &= isPlain(token);
      addedTokens.add(
          new AddedToken(
              id.asInt(),
              content.asText(),
              token.path("special").asBoolean(),
              token.path("normalized").asBoolean()));
    }
  }

  private void check() {
    boolean bpe = modelType.equals("BPE") || (modelType.isEmpty() && mergesPresent);
    if (!bpe) {
      throw new CheckpointException(
          "%s: model.type \"%s\" is not supported, only BPE is".formatted(path, modelType));
    }
    if (vocabulary.isEmpty()) {
      throw new CheckpointException(path + ": model.vocab is missing or empty");
    }
    int highest = 2 * (vocabulary.size() + addedTokens.size()) + SLACK;
    ids()
        .forEach(
            (token, id) -> {
              if (id < 0 || id > highest) {
                throw new CheckpointException(
                    "%s: token \"%s\" has the impossible id %d".formatted(path, token, id));
              }
            });
  }

  private void expect(JsonToken found, JsonToken expected, String where) {
    if (found != expected) {
      throw new CheckpointException(
          "%s: %s should be %s but is %s".formatted(path, where, expected, found));
    }
  }
}
