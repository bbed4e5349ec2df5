package dev.millrace.engine.text;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the {@code decoder} of tokenizer.json and refuses by name what is not implemented. */
final class DecoderParser {
  private DecoderParser() {}

  static TokenDecoder parse(JsonNode decoder, Path file) {
    List<JsonNode> steps = new ArrayList<>();
    flatten(decoder, steps);
    List<String> names = steps.stream().map(step -> step.path("type").asText("none")).toList();
    if (names.equals(List.of("ByteLevel"))) {
      return new ByteLevelDecoder();
    }
    boolean strips = names.equals(List.of("Replace", "ByteFallback", "Fuse", "Strip"));
    if (strips || names.equals(List.of("Replace", "ByteFallback", "Fuse"))) {
      checkReplace(steps.get(0), file);
      if (strips) {
        checkStrip(steps.get(3), file);
      }
      return new SentencePieceDecoder(strips ? LeadingSpace.STRIPPED : LeadingSpace.KEPT, true);
    }
    if (names.equals(List.of("Metaspace"))) {
      return metaspace(steps.get(0), file);
    }
    throw new CheckpointException(
        "%s: decoder %s is not supported, only ByteLevel, Metaspace and Replace, ByteFallback, Fuse, Strip are"
            .formatted(file, names));
  }

  private static TokenDecoder metaspace(JsonNode step, Path file) {
    if (!step.path("replacement")
        .asText(SentencePieceDecoder.SPACE)
        .equals(SentencePieceDecoder.SPACE)) {
      throw new CheckpointException("%s: decoder %s is not supported".formatted(file, step));
    }
    boolean prepends =
        step.path("add_prefix_space").asBoolean(true)
            && !step.path("prepend_scheme").asText("always").equals("never");
    return new SentencePieceDecoder(
        prepends ? LeadingSpace.STRIPPED_FROM_FIRST_TOKEN : LeadingSpace.KEPT, false);
  }

  private static void flatten(JsonNode decoder, List<JsonNode> steps) {
    if (decoder.path("type").asText().equals("Sequence")) {
      decoder.path("decoders").forEach(step -> flatten(step, steps));
    } else {
      steps.add(decoder);
    }
  }

  private static void checkReplace(JsonNode step, Path file) {
    boolean supported =
        step.path("pattern").path("String").asText().equals(SentencePieceDecoder.SPACE)
            && step.path("content").asText().equals(" ");
    if (!supported) {
      throw new CheckpointException("%s: decoder %s is not supported".formatted(file, step));
    }
  }

  private static void checkStrip(JsonNode step, Path file) {
    boolean supported =
        step.path("content").asText().equals(" ")
            && step.path("start").asInt() == 1
            && step.path("stop").asInt() == 0;
    if (!supported) {
      throw new CheckpointException("%s: decoder %s is not supported".formatted(file, step));
    }
  }
}
