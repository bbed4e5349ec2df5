package dev.millrace.job.task.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.job.config.Spelling;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A mapping in a YAML file, read key by key. What is wrong with a value is noted as a {@link
 * Mistake} and the value is then absent, so that one reading finds every mistake. {@link #end}
 * notes the keys that nobody has asked for. Not thread-safe.
 */
public final class YamlObject {
  private final MappingNode node;
  private final String path;
  private final Mistakes mistakes;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  YamlObject(MappingNode node, String path, Mistakes mistakes) {
    this.node = node;
    this.path = path;
    this.mistakes = mistakes;
    node.getValue().forEach(this::add);
  }

  private void add(NodeTuple entry) {
    Node keyNode = entry.getKeyNode();
    String key = keyNode instanceof ScalarNode scalar ? scalar.getValue() : "?";
    if (values.put(key, entry.getValueNode()) != null) {
      mistakes.add(keyNode.getStartMark(), pathOf(key), "is there twice: keep one of them");
    }
    keys.put(key, keyNode);
  }

  /** The keys in the file's order. */
  public Set<String> keys() {
    return keys.keySet();
  }

  public boolean has(String key) {
    asked.add(key);
    return values.containsKey(key) && !isNull(values.get(key));
  }

  /** A text; numbers and truth values count as the text they are written as. */
  public Optional<String> text(String key) {
    return scalar(key, "a text").map(ScalarNode::getValue);
  }

  /** A text that must be there and not be blank; an empty one stands in for a mistake. */
  public String requiredText(String key, String meaning) {
    Optional<String> text = text(key);
    if (text.isEmpty() && !values.containsKey(key)) {
      mistake("needs " + key + ": " + meaning);
    } else if (text.isPresent() && text.get().isBlank()) {
      mistake(key, "is empty: give " + meaning);
    }
    return text.orElse("");
  }

  public Optional<Integer> integer(String key, int least, int most) {
    String range = most == Integer.MAX_VALUE ? least + " or greater" : least + " to " + most;
    Optional<Integer> value = parsed(key, "a whole number, " + range, Integer::valueOf);
    return checked(
        value, key, value.isPresent() && value.get() >= least && value.get() <= most, range);
  }

  public Optional<Long> wholeNumber(String key) {
    return parsed(key, "a whole number", Long::valueOf);
  }

  public Optional<Double> number(String key, NumberRange range) {
    Optional<Double> value = parsed(key, "a number, " + range, Double::valueOf);
    return checked(value, key, value.isPresent() && range.contains(value.get()), range.toString());
  }

  public Optional<Boolean> flag(String key) {
    return parsed(
        key,
        "true or false",
        text ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException(text);
            });
  }

  /** One of a few words. */
  public <T> Optional<T> choice(String key, Map<String, T> words) {
    Optional<String> text = text(key);
    if (text.isPresent() && !words.containsKey(text.get())) {
      mistake(
          key,
          "'%s' is none of %s: did you mean %s?"
              .formatted(
                  text.get(),
                  String.join(", ", new TreeSet<>(words.keySet())),
                  Spelling.nearest(text.get(), words.keySet())));
    }
    return text.map(words::get);
  }

  public Optional<YamlObject> object(String key) {
    Optional<Node> value = value(key);
    if (value.isPresent() && !(value.get() instanceof MappingNode)) {
      mistake(key, "must be a mapping of keys and values");
    }
    return value
        .filter(MappingNode.class::isInstance)
        .map(mapping -> new YamlObject((MappingNode) mapping, pathOf(key), mistakes));
  }

  /** A list of mappings; empty if there is none. */
  public List<YamlObject> objects(String key) {
    List<YamlObject> objects = new ArrayList<>();
    for (Node element : list(key)) {
      String place = pathOf(key) + "[" + objects.size() + "]";
      if (element instanceof MappingNode mapping) {
        objects.add(new YamlObject(mapping, place, mistakes));
      } else {
        mistakes.add(element.getStartMark(), place, "must be a mapping of keys and values");
      }
    }
    return objects;
  }

  /** A list of texts; empty if there is none. One text stands for a list of it. */
  public List<String> texts(String key) {
    if (value(key).orElse(null) instanceof ScalarNode single) {
      return List.of(single.getValue());
    }
    List<String> texts = new ArrayList<>();
    for (Node element : list(key)) {
      if (element instanceof ScalarNode scalar) {
        texts.add(scalar.getValue());
      } else {
        mistakes.add(element.getStartMark(), pathOf(key), "must be a list of texts");
      }
    }
    return texts;
  }

  /** A value of any form, as JSON. */
  public Optional<JsonNode> json(String key) {
    return value(key).map(YamlJson::of);
  }

  /** All of this, as JSON. */
  public JsonNode json() {
    return YamlJson.of(node);
  }

  /** Notes something wrong with a key's value, at its line. */
  public void mistake(String key, String message) {
    Node place = values.containsKey(key) ? values.get(key) : node;
    mistakes.add(place.getStartMark(), pathOf(key), message);
  }

  /** Notes something wrong with the mapping itself. */
  public void mistake(String message) {
    mistakes.add(node.getStartMark(), path, message);
  }

  /** Notes each key that has not been asked for. */
  public void end() {
    for (Map.Entry<String, Node> key : keys.entrySet()) {
      if (!asked.contains(key.getKey())) {
        mistakes.add(
            key.getValue().getStartMark(),
            pathOf(key.getKey()),
            "unknown key, did you mean " + Spelling.nearest(key.getKey(), asked) + "?");
      }
    }
  }

  private List<Node> list(String key) {
    Optional<Node> value = value(key);
    if (value.isPresent() && !(value.get() instanceof SequenceNode)) {
      mistake(key, "must be a list");
    }
    return value
        .filter(SequenceNode.class::isInstance)
        .map(sequence -> ((SequenceNode) sequence).getValue())
        .orElse(List.of());
  }

  private Optional<ScalarNode> scalar(String key, String expected) {
    Optional<Node> value = value(key);
    if (value.isPresent() && !(value.get() instanceof ScalarNode)) {
      mistake(key, "must be " + expected);
    }
    return value.filter(ScalarNode.class::isInstance).map(ScalarNode.class::cast);
  }

  private <T> Optional<T> parsed(String key, String expected, Function<String, T> parser) {
    Optional<String> text = scalar(key, expected).map(ScalarNode::getValue);
    try {
      return text.map(parser);
    } catch (IllegalArgumentException e) {
      mistake(key, "'%s' must be %s".formatted(text.orElse(""), expected));
      return Optional.empty();
    }
  }

  private <T> Optional<T> checked(Optional<T> value, String key, boolean fits, String range) {
    if (value.isPresent() && !fits) {
      mistake(key, "%s must be %s".formatted(value.get(), range));
      return Optional.empty();
    }
    return value;
  }

  private Optional<Node> value(String key) {
    asked.add(key);
    return Optional.ofNullable(values.get(key)).filter(value -> !isNull(value));
  }

  private static boolean isNull(Node value) {
    return value.getTag().equals(Tag.NULL);
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
