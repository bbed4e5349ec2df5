package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What becomes of a task's answers. */
public sealed interface TaskKind {
  /** As it is written in a task file. */
  String word();

  /** The topic that the task writes to, besides its completions; empty: none. */
  default Optional<String> topic() {
    return Optional.empty();
  }

  /** One prompt, one answer. */
  record Generate() implements TaskKind {
    @Override
    public String word() {
      return "generate";
    }
  }

  /**
   * A summary of a document of any length: its parts are summarised, and then the summaries.
   *
   * @param document the input that holds the document
   * @param partTokens the most tokens of the document in one part; 0: what the context allows
   * @param overlapTokens what a part repeats of the one before it
   * @param combine from the variable {@code parts}, a list of summaries, to a prompt
   * @param combineAtMost the most summaries in one such prompt, 2 or more
   */
  record Summarise(
      String document, int partTokens, int overlapTokens, TaskPrompt combine, int combineAtMost)
      implements TaskKind {
    public Summarise {
      requireNonNull(document, "document");
      requireNonNull(combine, "combine");
    }

    @Override
    public String word() {
      return "summarise";
    }
  }

  /**
   * An event with fields that the answer adds.
   *
   * @param event the input that holds the event, in a request; without it the input as a whole is
   *     the event, and a bound topic's record is always
   * @param fields a JSON Schema for each field, by its name
   * @param into the event's new field that holds them; empty: they become fields of the event
   * @param onInvalid what happens when a field does not satisfy its schema
   * @param mark the event's field that says why it was passed on without its fields
   * @param topic where enriched events go; empty: they are only in the completion
   */
  record Enrich(
      String event,
      Map<String, JsonNode> fields,
      Optional<String> into,
      OnInvalid onInvalid,
      String mark,
      Optional<String> topic)
      implements TaskKind {
    public Enrich {
      requireNonNull(event, "event");
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
      requireNonNull(into, "into");
      requireNonNull(onInvalid, "onInvalid");
      requireNonNull(mark, "mark");
      requireNonNull(topic, "topic");
    }

    @Override
    public String word() {
      return "enrich";
    }

    /** The JSON Schema of an answer: an object with every field and no other. */
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
      ObjectNode properties = schema.putObject("properties");
      fields.forEach(properties::set);
      fields.keySet().forEach(schema.putArray("required")::add);
      return schema.put("additionalProperties", false);
    }
  }

  /** What an enrich task does with an event whose fields are not valid. */
  enum OnInvalid {
    /** The event becomes a dead letter. */
    DEAD_LETTER,
    /** The event is passed on without the fields, with a mark that says why. */
    PASS
  }

  /**
   * One of a few labels, with the probability of each.
   *
   * @param labels at least two, all different
   * @param votes how many answers are drawn; the label with the most wins
   * @param reviewBelow labels with a smaller margin also go to the review topic
   * @param reviewTopic empty: none
   * @param gold the attribute that holds the right label of a record whose label is known
   */
  record Label(
      List<String> labels,
      int votes,
      double reviewBelow,
      Optional<String> reviewTopic,
      Optional<String> gold)
      implements TaskKind {
    public Label {
      labels = List.copyOf(labels);
      requireNonNull(reviewTopic, "reviewTopic");
      requireNonNull(gold, "gold");
    }

    @Override
    public String word() {
      return "label";
    }

    @Override
    public Optional<String> topic() {
      return reviewTopic;
    }
  }
}
