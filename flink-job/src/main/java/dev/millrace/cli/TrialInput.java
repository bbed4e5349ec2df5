package dev.millrace.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.task.EventSource;
import dev.millrace.job.task.TaskDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes the record that brings a file to a task. */
final class TrialInput {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private TrialInput() {}

  static PromptRecord read(TaskDefinition task, Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new CommandException("there is no file " + file);
    }
    byte[] bytes = Files.readAllBytes(file);
    return task.source().isPresent()
        ? record(task.source().map(EventSource::topic).get(), bytes)
        : record(MillraceOptions.PROMPTS_TOPIC.defaultValue(), request(task, bytes));
  }

  private static byte[] request(TaskDefinition task, byte[] bytes) {
    ObjectNode request = JSON.createObjectNode().put("id", "try").put("task", task.name());
    ObjectNode input = request.putObject("input");
    Optional<JsonNode> object = object(bytes);
    if (object.isPresent()) {
      for (Map.Entry<String, JsonNode> field : object.get().properties()) {
        JsonNode value = field.getValue();
        input.put(field.getKey(), value.isTextual() ? value.textValue() : value.toString());
      }
    } else {
      input.put(onlyInput(task), new String(bytes, StandardCharsets.UTF_8));
    }
    return request.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<JsonNode> object(byte[] bytes) {
    try {
      return Optional.of(JSON.readTree(new String(bytes, StandardCharsets.UTF_8)))
          .filter(JsonNode::isObject);
    } catch (JsonProcessingException text) {
      return Optional.empty();
    }
  }

  private static String onlyInput(TaskDefinition task) {
    if (task.inputs().size() != 1) {
      throw new CommandException(
          "task '%s' takes the inputs %s: give a JSON object with them"
              .formatted(task.name(), task.inputs()));
    }
    return task.inputs().get(0);
  }

  private static PromptRecord record(String topic, byte[] value) {
    long now = System.currentTimeMillis();
    return new PromptRecord(
        topic,
        0,
        0,
        OptionalLong.of(now),
        Optional.empty(),
        Optional.of(Bytes.of(value)),
        List.of(),
        now);
  }
}
