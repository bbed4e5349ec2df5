package dev.millrace.engine.constrain.grammar;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.engine.ResponseFormatException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * Turns a JSON Schema (draft 2020-12, and what older drafts share with it) into the language of the
 * texts that are valid and written as {@link JsonText} says. A language may have fewer texts than
 * the schema allows, never others:
 *
 * <ul>
 *   <li>members come in the order of {@code properties}, and others only where {@code
 *       additionalProperties} asks for them;
 *   <li>a keyword that speaks of one type implies that type if {@code type} is missing;
 *   <li>recursion through {@code $ref}, and a value of which nothing is said, nest {@value
 *       References#MOST_LEVELS} levels deep.
 * </ul>
 */
final class SchemaCompiler {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final Set<String> TYPES =
      Set.of("string", "number", "integer", "boolean", "null", "array", "object");

  /** A character takes up to 9 states of an automaton over bytes, and all have 100,000. */
  private static final int LONGEST_STRING = 10_000;

  private final References references;

  private SchemaCompiler(References references) {
    this.references = requireNonNull(references);
  }

  /**
   * @throws ResponseFormatException naming the keyword and its place if the schema cannot be
   *     guaranteed
   */
  static Automaton compile(String schema) {
    JsonNode root = parse(schema);
    Automaton language =
        new SchemaCompiler(new References(root)).language(new SchemaNode(root, ""));
    if (Operations.isEmpty(language)) {
      throw new ResponseFormatException(
          "json_schema: no value satisfies the schema, or none within "
              + References.MOST_LEVELS
              + " levels of recursion");
    }
    return language;
  }

  private static JsonNode parse(String schema) {
    try {
      return JSON.readTree(schema);
    } catch (JsonProcessingException e) {
      throw new ResponseFormatException("json_schema is not valid JSON: " + e.getOriginalMessage());
    }
  }

  /** The valid texts of a schema. */
  Automaton language(SchemaNode schema) {
    if (schema.json().isBoolean()) {
      return schema.json().booleanValue() ? anyValue() : Languages.empty();
    }
    if (!schema.json().isObject()) {
      throw new ResponseFormatException(
          "json_schema: %s should be a schema, an object or a boolean, but is %s"
              .formatted(
                  schema.pointer().isEmpty() ? "the root" : schema.pointer(), schema.json()));
    }
    Keywords.check(schema);
    List<Automaton> constraints = constraints(schema);
    requireOneObject(schema, constraints);
    return constraints.stream().reduce(Languages::intersection).orElseGet(this::anyValue);
  }

  /** Languages that all hold. */
  private List<Automaton> constraints(SchemaNode schema) {
    List<Automaton> constraints = new ArrayList<>();
    Set<String> types = types(schema);
    if (!types.isEmpty()) {
      constraints.add(Languages.union(types.stream().map(type -> typed(type, schema)).toList()));
    }
    if (schema.has("$ref")) {
      constraints.add(references.follow(schema, this::language));
    }
    if (schema.has("anyOf")) {
      constraints.add(anyOf(schema.children("anyOf")));
    }
    if (schema.has("oneOf")) {
      List<SchemaNode> alternatives = schema.children("oneOf");
      new Alternatives(references).requireDisjoint(schema, alternatives);
      constraints.add(anyOf(alternatives));
    }
    if (schema.has("allOf")) {
      schema.children("allOf").forEach(part -> constraints.add(language(part)));
    }
    if (schema.has("enum")) {
      constraints.add(
          Languages.union(
              schema.children("enum").stream()
                  .map(value -> JsonText.value(value.json()))
                  .toList()));
    }
    if (schema.has("const")) {
      constraints.add(JsonText.value(schema.child("const").json()));
    }
    return constraints;
  }

  /** Two descriptions of one object would have to agree on the order of its members. */
  private static void requireOneObject(SchemaNode schema, List<Automaton> constraints) {
    boolean fixed = schema.has("enum") || schema.has("const");
    long objects =
        constraints.size() < 2 || fixed
            ? 0
            : constraints.stream().filter(language -> Languages.beginsWith(language, '{')).count();
    if (objects > 1) {
      String keyword =
          schema.has("allOf")
              ? "allOf"
              : schema.has("$ref") ? "$ref" : schema.has("anyOf") ? "anyOf" : "oneOf";
      throw schema.refused(
          keyword, "describes an object that is described beside it, too: merge them into one");
    }
  }

  private Automaton anyOf(List<SchemaNode> alternatives) {
    return Languages.union(alternatives.stream().map(this::language).toList());
  }

  private static Set<String> types(SchemaNode schema) {
    if (!schema.has("type")) {
      return Keywords.impliedTypes(schema);
    }
    Set<String> types = new TreeSet<>();
    JsonNode type = schema.json().get("type");
    if (type.isTextual()) {
      types.add(type.textValue());
    } else {
      schema.children("type").forEach(name -> types.add(name.json().asText()));
    }
    types.stream()
        .filter(name -> !TYPES.contains(name))
        .forEach(
            name -> {
              throw schema.refused(
                  "type", "is \"%s\", none of %s".formatted(name, new TreeSet<>(TYPES)));
            });
    return types;
  }

  private Automaton typed(String type, SchemaNode schema) {
    return switch (type) {
      case "string" -> string(schema);
      case "integer" -> number(schema, true);
      case "number" -> number(schema, false);
      case "boolean" -> Languages.union(Languages.text("true"), Languages.text("false"));
      case "null" -> Languages.text("null");
      case "array" -> new ArrayLanguage(this).of(schema);
      case "object" -> new ObjectLanguage(this).of(schema);
      default -> throw new IllegalArgumentException(type);
    };
  }

  private static Automaton string(SchemaNode schema) {
    int min = length(schema, "minLength", 0);
    int max = length(schema, "maxLength", Languages.UNBOUNDED);
    if (max != Languages.UNBOUNDED && max < min) {
      return Languages.empty();
    }
    Automaton contents = Languages.repeat(JsonText.CHARACTERS.toLanguage(), min, max);
    Optional<String> pattern = schema.text("pattern");
    if (pattern.isPresent()) {
      contents = Languages.intersection(contents, pattern(schema, pattern.get()));
    }
    Optional<String> format = schema.text("format");
    if (format.isPresent()) {
      contents = Languages.intersection(contents, format(schema, format.get()));
    }
    return JsonText.string(Languages.deterministic(contents));
  }

  private static int length(SchemaNode schema, String keyword, int otherwise) {
    int length = schema.count(keyword, otherwise);
    if (length > LONGEST_STRING) {
      throw schema.refused(
          keyword,
          "is %d, more than the %d that can be guaranteed: lower it, or leave it out"
              .formatted(length, LONGEST_STRING));
    }
    return length;
  }

  private static Automaton pattern(SchemaNode schema, String pattern) {
    try {
      return RegexParser.within(pattern);
    } catch (ResponseFormatException e) {
      throw schema.refused("pattern", "cannot be guaranteed: " + e.getMessage());
    }
  }

  private static Automaton format(SchemaNode schema, String name) {
    return StringFormat.language(name)
        .orElseThrow(
            () ->
                schema.refused(
                    "format",
                    "is \"%s\", none of %s: use a pattern".formatted(name, StringFormat.names())));
  }

  private static Automaton number(SchemaNode schema, boolean integer) {
    if (schema.has("multipleOf")) {
      boolean trivial =
          integer && schema.number("multipleOf").orElseThrow().compareTo(BigDecimal.ONE) == 0;
      if (!trivial) {
        throw schema.refused("multipleOf", "is not supported: leave it out");
      }
    }
    Optional<NumberLanguage.Bound> low = bound(schema, "minimum", "exclusiveMinimum", 1);
    Optional<NumberLanguage.Bound> high = bound(schema, "maximum", "exclusiveMaximum", -1);
    return integer ? NumberLanguage.integers(low, high) : NumberLanguage.decimals(low, high);
  }

  /**
   * The tighter of two bounds.
   *
   * @param sign 1 if the larger value is the tighter one, else -1
   */
  private static Optional<NumberLanguage.Bound> bound(
      SchemaNode schema, String inclusive, String exclusive, int sign) {
    Optional<BigDecimal> with = schema.number(inclusive);
    Optional<BigDecimal> without = schema.number(exclusive);
    boolean excluded =
        without.isPresent() && (with.isEmpty() || sign * without.get().compareTo(with.get()) >= 0);
    return (excluded ? without : with).map(value -> new NumberLanguage.Bound(value, !excluded));
  }

  /** Any JSON value. */
  Automaton anyValue() {
    return references.nested(
        "",
        () ->
            Languages.union(
                string(new SchemaNode(JSON.createObjectNode(), "")),
                NumberLanguage.decimals(Optional.empty(), Optional.empty()),
                Languages.text("true"),
                Languages.text("false"),
                Languages.text("null"),
                anyOfType("array"),
                anyOfType("object")));
  }

  private Automaton anyOfType(String type) {
    return typed(type, new SchemaNode(JSON.createObjectNode(), ""));
  }
}
