package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.ResponseFormatException;
import dev.millrace.engine.constrain.grammar.Grammar;
import dev.millrace.job.task.yaml.YamlObject;
import dev.millrace.schema.ResponseFormat;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;

/** Reads the definition of one task. Mistakes are noted, and something harmless stands in. */
final class TaskReader {
  private static final int HASH_BYTES = 4;

  private final String name;
  private final YamlObject yaml;
  private final TaskFiles files;

  TaskReader(String name, YamlObject yaml, TaskFiles files) {
    this.name = requireNonNull(name, "name");
    this.yaml = requireNonNull(yaml, "yaml");
    this.files = requireNonNull(files, "files");
  }

  TaskDefinition read() {
    TaskKind kind = readKind();
    Optional<ResponseFormat> format = responseFormat(kind);
    Optional<EventSource> source =
        yaml.object("from").map(from -> new EventSourceReader(from, files).read());
    TaskDefinition task =
        new TaskDefinition(
            name,
            yaml.requiredText("version", "your name for this state of the template, such as 1"),
            hash(),
            yaml.text("model"),
            yaml.text("adapter"),
            new PromptReader(yaml).read(),
            SamplingReader.read(yaml.object("sampling")),
            format,
            kind,
            output(kind, format),
            source,
            yaml.text("guard"));
    checkInputs(task);
    checkEnrichedSchemas(task);
    checkOutput(task);
    checkVotes(task);
    yaml.end();
    return task;
  }

  private TaskKind readKind() {
    KindReader reader = new KindReader(yaml);
    return yaml.choice(
            "kind",
            Map.of(
                "generate", reader.generate(),
                "summarise", reader.summarise(),
                "enrich", reader.enrich(),
                "label", reader.label()))
        .orElse(reader.generate())
        .get();
  }

  /** Labels and fields make a format of their own. */
  private Optional<ResponseFormat> responseFormat(TaskKind kind) {
    Optional<ResponseFormat> written =
        yaml.object("response_format").flatMap(ResponseFormatReader::read);
    if (written.isPresent() && !(kind instanceof TaskKind.Generate)) {
      if (!(kind instanceof TaskKind.Summarise)) {
        yaml.mistake(
            "response_format",
            "a task of kind %s has its own form of answer: remove it".formatted(kind.word()));
      }
    }
    Optional<ResponseFormat> format = ResponseFormats.of(kind).or(() -> written);
    checkGuarantee(format, kind);
    return format;
  }

  private Optional<OutputMapping> output(TaskKind kind, Optional<ResponseFormat> format) {
    Optional<YamlObject> section = yaml.object("output");
    if (section.isPresent()
        && (kind instanceof TaskKind.Label || kind instanceof TaskKind.Enrich)) {
      yaml.mistake(
          "output", "a task of kind %s has its own records: remove it".formatted(kind.word()));
    }
    return section.map(output -> new OutputMappingReader(output, format).read());
  }

  /** Whether any model can keep to the form. */
  private void checkGuarantee(Optional<ResponseFormat> format, TaskKind kind) {
    try {
      format.flatMap(AnswerFormat::of).ifPresent(Grammar::check);
    } catch (ResponseFormatException e) {
      String place = kind instanceof TaskKind.Generate ? "response_format" : kind.word();
      yaml.mistake(place, "the form of the answer cannot be guaranteed: " + e.getMessage());
    }
  }

  /** A bound topic must give everything that the template needs. */
  private void checkInputs(TaskDefinition task) {
    if (task.source().isPresent()) {
      for (String input : task.inputs()) {
        if (!task.source().get().input().containsKey(input)) {
          yaml.mistake(
              "from",
              "input lacks '%s', which the template uses: say where in the event it is"
                  .formatted(input));
        }
      }
    }
  }

  /** Every schema of the events must take the fields. */
  private void checkEnrichedSchemas(TaskDefinition task) {
    if (task.source().isPresent() && task.kind() instanceof TaskKind.Enrich enrich) {
      if (enrich.topic().isEmpty()) {
        yaml.mistake("enrich", "needs topic: where the enriched events go");
      }
      if (enrich.topic().equals(task.source().map(EventSource::topic))) {
        yaml.mistake("enrich", "topic is the one that the events come from: choose another");
      }
      try {
        task.source().get().schemas().forEach(schema -> EnrichedSchema.of(schema, enrich));
      } catch (IllegalArgumentException | AvroRuntimeException e) {
        yaml.mistake("enrich", e.getMessage());
      }
    }
  }

  /** Answers must not come back as events. */
  private void checkOutput(TaskDefinition task) {
    if (task.output().isPresent()
        && task.source().map(EventSource::topic).equals(task.output().map(OutputMapping::topic))) {
      yaml.mistake("output", "topic is the one that the events come from: choose another");
    }
  }

  private void checkVotes(TaskDefinition task) {
    boolean drawn = task.sampling().temperature().orElse(0.0) > 0;
    if (task.kind() instanceof TaskKind.Label label && label.votes() > 1 && !drawn) {
      yaml.mistake(
          "label", "has votes, but they are all the same: set sampling.temperature above 0");
    }
  }

  private String hash() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(yaml.json().toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
