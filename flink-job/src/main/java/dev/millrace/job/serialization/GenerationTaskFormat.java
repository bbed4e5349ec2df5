package dev.millrace.job.serialization;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Sampling;
import dev.millrace.job.record.GenerationTask;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** How a {@link GenerationTask} is written, wherever it occurs. */
final class GenerationTaskFormat {
  private static final int NO_LOGPROBS = -1;

  private GenerationTaskFormat() {}

  static void write(GenerationTask task, DataOutput out) throws IOException {
    PromptRecordSerializer.writePrompt(task.origin(), out);
    writeRequest(task.request(), out);
    Fields.writeTextMap(task.attributes(), out);
    Fields.writeText(task.templateVersion(), out);
    Fields.writeOptionalText(task.task(), out);
  }

  /** Since version 2, a request has an adapter, and a task its name. */
  static GenerationTask read(int version, DataInput in) throws IOException {
    return new GenerationTask(
        PromptRecordSerializer.readPrompt(in),
        readRequest(version, in),
        Fields.readTextMap(in),
        Fields.readText(in),
        version < 2 ? Optional.empty() : Fields.readOptionalText(in));
  }

  static void writeRequest(GenerateRequest request, DataOutput out) throws IOException {
    Fields.writeText(request.id(), out);
    Fields.writeTokens(request.prompt(), out);
    out.writeInt(request.maxTokens());
    writeSampling(request.sampling(), out);
    writeStopTokens(request.stopTokens(), out);
    Fields.writeTexts(request.stopStrings(), out);
    out.writeBoolean(request.endOfSequenceIgnored());
    out.writeInt(request.topLogprobs().orElse(NO_LOGPROBS));
    out.writeInt(request.priority());
    out.writeBoolean(request.deadline().isPresent());
    if (request.deadline().isPresent()) {
      out.writeLong(request.deadline().get().toEpochMilli());
    }
    ResponseFormatFormat.write(request.responseFormat(), out);
    out.writeBoolean(request.adapter().isPresent());
    if (request.adapter().isPresent()) {
      Fields.writeText(request.adapter().get(), out);
    }
  }

  static GenerateRequest readRequest(int version, DataInput in) throws IOException {
    GenerateRequest.Builder request =
        GenerateRequest.builder(Fields.readText(in), Fields.readTokens(in))
            .maxTokens(in.readInt())
            .sampling(readSampling(in))
            .stopTokens(readStopTokens(in))
            .stopStrings(Fields.readTexts(in));
    if (in.readBoolean()) {
      request.ignoreEndOfSequence();
    }
    int topLogprobs = in.readInt();
    if (topLogprobs != NO_LOGPROBS) {
      request.topLogprobs(topLogprobs);
    }
    request.priority(in.readInt());
    if (in.readBoolean()) {
      request.deadline(Instant.ofEpochMilli(in.readLong()));
    }
    if (version >= 2) {
      ResponseFormatFormat.read(in).ifPresent(request::responseFormat);
      if (in.readBoolean()) {
        request.adapter(Fields.readText(in));
      }
    }
    return request.build();
  }

  private static void writeSampling(Sampling sampling, DataOutput out) throws IOException {
    out.writeDouble(sampling.repetitionPenalty());
    out.writeDouble(sampling.presencePenalty());
    out.writeDouble(sampling.frequencyPenalty());
    out.writeDouble(sampling.temperature());
    out.writeInt(sampling.topK());
    out.writeDouble(sampling.topP());
    out.writeDouble(sampling.minP());
    out.writeLong(sampling.seed());
  }

  private static Sampling readSampling(DataInput in) throws IOException {
    return new Sampling(
        in.readDouble(),
        in.readDouble(),
        in.readDouble(),
        in.readDouble(),
        in.readInt(),
        in.readDouble(),
        in.readDouble(),
        in.readLong());
  }

  private static void writeStopTokens(Set<Integer> tokens, DataOutput out) throws IOException {
    out.writeInt(tokens.size());
    for (int token : new TreeSet<>(tokens)) {
      out.writeInt(token);
    }
  }

  private static Set<Integer> readStopTokens(DataInput in) throws IOException {
    int size = in.readInt();
    Set<Integer> tokens = new TreeSet<>();
    for (int i = 0; i < size; i++) {
      tokens.add(in.readInt());
    }
    return tokens;
  }
}
