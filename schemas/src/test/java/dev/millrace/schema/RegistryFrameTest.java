package dev.millrace.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

class RegistryFrameTest {
  private static final Schema WRITTEN =
      SchemaHistory.of(GenerationRequest.getClassSchema()).current();
  private static final Schema STRANGER =
      SchemaBuilder.record("Stranger").fields().requiredString("id").endRecord();

  private final RecordCodec<GenerationRequest> plain = RecordCodec.of(GenerationRequest.class);
  private final RecordCodec<GenerationRequest> codec =
      RecordCodec.of(GenerationRequest.class, id -> id == 7 ? WRITTEN : STRANGER);

  @Test
  void aRecordChangesItsFramingWithoutBeingRead() throws Exception {
    GenerationRequest request = Requests.withEveryField();

    byte[] framed = RegistryFrame.ofSingleObject(plain.encode(request), 7);

    assertThat(framed).startsWith(0, 0, 0, 0, 7);
    assertThat(RegistryFrame.id(framed)).isEqualTo(7);
    assertThat(codec.decode(framed)).isEqualTo(request);
    assertThat(new RequestReader(id -> WRITTEN).read(framed)).isEqualTo(request);
  }

  @Test
  void theFramingsAreToldApart() {
    assertThat(RegistryFrame.isFramed(new byte[] {0, 0, 0, 0, 7})).isTrue();
    assertThat(RegistryFrame.isFramed(new byte[] {0, 0, 0, 7})).isFalse();
    assertThat(RegistryFrame.isFramed(plain.encode(Requests.withEveryField()))).isFalse();
    assertThat(
            RegistryFrame.isFramed(
                "{\"id\":\"1\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .isFalse();
  }

  @Test
  void aSchemaOfSomethingElseIsNamedWithItsId() {
    assertThatThrownBy(() -> codec.decode(new byte[] {0, 0, 0, 0, 9, 2, 65}))
        .isInstanceOfSatisfying(
            RecordFormatException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.INCOMPATIBLE_SCHEMA))
        .hasMessageContaining("the registry's schema with id 9, Stranger, cannot be read");
  }

  @Test
  void withoutARegistryTheIdAndTheWayOutAreNamed() {
    assertThatThrownBy(() -> plain.decode(new byte[] {0, 0, 0, 0, 9, 2, 65}))
        .isInstanceOfSatisfying(
            RecordFormatException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE))
        .hasMessageContaining("id 9")
        .hasMessageContaining("millrace.registry.url");
  }

  @Test
  void aBodyThatIsCutIsDamaged() {
    byte[] framed = RegistryFrame.ofSingleObject(plain.encode(Requests.withEveryField()), 7);

    assertThatThrownBy(() -> codec.decode(java.util.Arrays.copyOf(framed, framed.length - 1)))
        .isInstanceOfSatisfying(
            RecordFormatException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE));
  }
}
