package dev.millrace.job.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.Progress;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.Usage;
import dev.millrace.job.record.Answer;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.InFlightCompound;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.record.Refusal;
import dev.millrace.job.record.StepState;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordSerializersTest {
  private static final PromptRecord BARE =
      new PromptRecord(
          "p", 0, 0, OptionalLong.empty(), Optional.empty(), Optional.empty(), List.of(), 1);

  private static final GenerationTask TASK =
      new GenerationTask(
          Prompts.record("välue"),
          Prompts.request("id-ü", "prompt")
              .maxTokens(7)
              .sampling(new Sampling(1.1, 0.2, 0.3, 0.4, 5, 0.6, 0.7, -8))
              .stopTokens(Set.of(9, 3))
              .stopStrings(List.of("END", "\n"))
              .topLogprobs(2)
              .priority(-1)
              .deadline(Instant.ofEpochMilli(99))
              .ignoreEndOfSequence()
              .build(),
          Map.of("tenant", "a"),
          "template");

  @Test
  void promptsSurviveTheRoundTrip() throws Exception {
    assertRoundTrip(RecordTypes.PROMPT, Prompts.record("x"));
    assertRoundTrip(RecordTypes.PROMPT, BARE);
  }

  @Test
  void outputsSurviveTheRoundTrip() throws Exception {
    for (OutputTopic topic :
        List.of(OutputTopic.COMPLETIONS, OutputTopic.LATENCY, OutputTopic.DEAD_LETTERS)) {
      assertRoundTrip(RecordTypes.OUTPUT, OutputRecord.of(topic, BARE, new byte[] {1}));
    }
    assertRoundTrip(RecordTypes.OUTPUT, OutputRecord.ofTask("named", BARE, new byte[] {1}));
  }

  @Test
  void refusalsSurviveTheRoundTrip() throws Exception {
    assertRoundTrip(
        RecordTypes.PREPARED,
        new Refusal(
            OutputRecord.of(OutputTopic.DEAD_LETTERS, Prompts.record("x"), new byte[] {1})));
  }

  @Test
  void everyFieldOfATaskSurvivesTheRoundTrip() throws Exception {
    assertThat(roundTrip(RecordTypes.PREPARED, TASK)).usingRecursiveComparison().isEqualTo(TASK);
    for (ResponseFormat format :
        List.of(
            new ResponseFormat.Choice(List.of("yes", "nö")),
            new ResponseFormat.Regex("a+"),
            new ResponseFormat.JsonSchema("{}"))) {
      GenerationTask formatted =
          new GenerationTask(
              BARE,
              Prompts.request("id", "prompt").responseFormat(format).build(),
              Map.of(),
              "template",
              Optional.empty());
      assertThat(roundTrip(RecordTypes.PREPARED, formatted))
          .usingRecursiveComparison()
          .isEqualTo(formatted);
    }
    GenerationTask adapted = Prompts.task(Prompts.request("a", "b").adapter("legal").build());
    assertThat(roundTrip(RecordTypes.PREPARED, adapted))
        .usingRecursiveComparison()
        .isEqualTo(adapted);
    GenerationTask plain = Prompts.task("a", "b");
    assertThat(roundTrip(RecordTypes.PREPARED, plain)).usingRecursiveComparison().isEqualTo(plain);
  }

  @Test
  void everyFieldOfACompoundTaskSurvivesTheRoundTrip() throws Exception {
    CompoundTask compound =
        new CompoundTask(
            Prompts.record("v"),
            "id",
            Map.of("tenant", "a"),
            "task",
            "template",
            List.of(TASK.request(), Prompts.request("b", "other").build()));

    assertThat(roundTrip(RecordTypes.PREPARED, compound))
        .usingRecursiveComparison()
        .isEqualTo(compound);
  }

  @Test
  void everyFieldOfAnInFlightCompoundSurvivesTheRoundTrip() throws Exception {
    assertRoundTrip(RecordTypes.IN_FLIGHT_COMPOUND, inFlightCompound());
  }

  @Test
  void aTaskKeepsItsName() throws Exception {
    GenerationTask named =
        new GenerationTask(
            Prompts.record("v"), TASK.request(), Map.of(), "template", Optional.of("route"));

    assertThat(((GenerationTask) roundTrip(RecordTypes.PREPARED, named)).task()).contains("route");
  }

  @Test
  void everyFieldOfAnInFlightGenerationSurvivesTheRoundTrip() throws Exception {
    TokenLogprob chosen = new TokenLogprob(1, -0.25f);
    InFlightGeneration generation =
        inFlight(
            new Progress(
                TokenIds.of(1, 2),
                List.of(
                    new TokenLogprobs(chosen, List.of(chosen, new TokenLogprob(9, -3.5f))),
                    new TokenLogprobs(new TokenLogprob(2, 0), List.of()))));

    assertThat(roundTrip(RecordTypes.IN_FLIGHT, generation))
        .usingRecursiveComparison()
        .isEqualTo(generation);
  }

  /** State as it was written when its version was current. It must be read for ever. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aGenerationInFlightIsReadInEveryVersionItWasWrittenIn(int version) throws Exception {
    InFlightGeneration read =
        read(new InFlightGenerationSerializer(), "in-flight-generation.v" + version + ".bin");

    assertThat(read)
        .usingRecursiveComparison()
        .isEqualTo(inFlight(Progress.of(TokenIds.of(1, 2, 3))));
  }

  /** Version 2 was the first that had any. */
  @Test
  void aCompoundTaskInFlightIsReadInEveryVersionItWasWrittenIn() throws Exception {
    InFlightCompound read = read(new InFlightCompoundSerializer(), "in-flight-compound.v2.bin");

    assertThat(read).isEqualTo(inFlightCompound());
  }

  @Test
  void aFormatFromTheFutureIsRefusedWithAWayOut() {
    byte[] future = {RecordSerializer.VERSION + 1, 0, 0};

    assertThatThrownBy(
            () -> new PromptRecordSerializer().deserialize(new DataInputDeserializer(future)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("restore with the version of Millrace that wrote it");
  }

  @Test
  void aLongTextSurvives() throws Exception {
    assertRoundTrip(RecordTypes.PROMPT, Prompts.record("ü".repeat(100_000)));
  }

  @Test
  void aSnapshotOfASerializerFindsItAgain() throws Exception {
    for (TypeInformation<?> type :
        List.of(
            RecordTypes.PROMPT,
            RecordTypes.PREPARED,
            RecordTypes.OUTPUT,
            RecordTypes.IN_FLIGHT,
            RecordTypes.IN_FLIGHT_COMPOUND)) {
      assertRestoredFromSnapshot(type);
    }
  }

  private static InFlightGeneration inFlight(Progress progress) {
    return new InFlightGeneration(TASK, "weights", progress, 4, OptionalLong.of(5));
  }

  private static InFlightCompound inFlightCompound() {
    return new InFlightCompound(
        Prompts.record("v"),
        "plan",
        "weights",
        3,
        OptionalLong.of(7),
        List.of(
            new StepState.Finished(
                new Answer("text", FinishReason.LENGTH, new Usage(1, 2, 3, 4), Map.of("a", 0.25))),
            new StepState.UnderWay(TokenIds.of(5, 6)),
            new StepState.UnderWay(TokenIds.empty())));
  }

  private static <T> T read(RecordSerializer<T> serializer, String resource) throws IOException {
    try (InputStream in = RecordSerializersTest.class.getResourceAsStream(resource)) {
      return serializer.deserialize(new DataInputDeserializer(in.readAllBytes()));
    }
  }

  private static <T> void assertRestoredFromSnapshot(TypeInformation<T> type) throws Exception {
    TypeSerializer<T> serializer = serializer(type);
    DataOutputSerializer out = new DataOutputSerializer(64);
    TypeSerializerSnapshot.writeVersionedSnapshot(out, serializer.snapshotConfiguration());
    TypeSerializerSnapshot<T> read =
        TypeSerializerSnapshot.readVersionedSnapshot(
            new DataInputDeserializer(out.getCopyOfBuffer()),
            RecordSerializersTest.class.getClassLoader());

    assertThat(read.restoreSerializer()).isEqualTo(serializer);
    assertThat(
            serializer.snapshotConfiguration().resolveSchemaCompatibility(read).isCompatibleAsIs())
        .isTrue();
  }

  private static <T> void assertRoundTrip(TypeInformation<T> type, T value) throws Exception {
    assertThat(roundTrip(type, value)).isEqualTo(value);
  }

  private static <T> T roundTrip(TypeInformation<T> type, T value) throws IOException {
    TypeSerializer<T> serializer = serializer(type);
    DataOutputSerializer out = new DataOutputSerializer(64);
    serializer.serialize(value, out);
    DataOutputSerializer copied = new DataOutputSerializer(64);
    serializer.copy(new DataInputDeserializer(out.getCopyOfBuffer()), copied);
    assertThat(Bytes.of(copied.getCopyOfBuffer())).isEqualTo(Bytes.of(out.getCopyOfBuffer()));
    DataInputDeserializer in = new DataInputDeserializer(copied.getCopyOfBuffer());
    T read = serializer.deserialize(in);
    assertThat(in.available()).isZero();
    return read;
  }

  private static <T> TypeSerializer<T> serializer(TypeInformation<T> type) {
    return type.createSerializer(new SerializerConfigImpl());
  }
}
