package dev.millrace.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaNormalization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SchemaHistoryTest {
  static List<Schema> records() {
    return ContractData.records();
  }

  @ParameterizedTest
  @MethodSource("records")
  void theNewestVersionIsTheCurrentSchema(Schema current) {
    List<Schema> versions = SchemaHistory.of(current).versions();

    assertThat(SchemaNormalization.toParsingForm(versions.get(versions.size() - 1)))
        .as("changed %s without adding a version to its history?", current.getName())
        .isEqualTo(SchemaNormalization.toParsingForm(current));
  }

  @ParameterizedTest
  @MethodSource("records")
  void theCurrentSchemaReadsEveryVersion(Schema current) {
    for (Schema version : SchemaHistory.of(current).versions()) {
      SchemaCompatibility.SchemaPairCompatibility compatibility =
          SchemaCompatibility.checkReaderWriterCompatibility(current, version);
      assertThat(compatibility.getType())
          .as(compatibility.getDescription())
          .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
    }
  }

  @ParameterizedTest
  @MethodSource("records")
  void aVersionIsFoundByTheFingerprintItsRecordsCarry(Schema current) {
    assertThat(SchemaHistory.of(current).find(SchemaNormalization.parsingFingerprint64(current)))
        .isPresent();
    assertThat(SchemaHistory.of(current).find(1)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("records")
  void everyFieldIsDocumented(Schema current) {
    List<String> undocumented = new ArrayList<>();
    collectUndocumented(current, current.getName(), undocumented);

    assertThat(undocumented).isEmpty();
  }

  /** A builder evaluates a default of a generated type by loading the class, which Avro forbids. */
  @ParameterizedTest
  @MethodSource("records")
  void defaultsNeedNoGeneratedClass(Schema current) {
    for (Schema type : namedTypes(current)) {
      if (type.getType() == Schema.Type.RECORD) {
        type.getFields().stream()
            .filter(Schema.Field::hasDefaultValue)
            .filter(field -> field.defaultVal() != JsonProperties.NULL_VALUE)
            .forEach(field -> assertThat(namedTypes(field.schema())).as(field.name()).isEmpty());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("records")
  void everyGeneratedClassIsKnownToTheCodec(Schema current) {
    assertThat(namedTypes(current))
        .allSatisfy(type -> assertThat(ContractData.INSTANCE.getClass(type)).isNotNull());
  }

  @Test
  void aRecordWithoutHistoryIsRefused() {
    Schema unknown = SchemaBuilder.record("Unknown").fields().endRecord();

    assertThatThrownBy(() -> SchemaHistory.of(unknown)).hasMessageContaining("Unknown.v1.avsc");
  }

  private static void collectUndocumented(Schema schema, String path, List<String> undocumented) {
    switch (schema.getType()) {
      case RECORD -> {
        if (schema.getDoc() == null) {
          undocumented.add(path);
        }
        for (Schema.Field field : schema.getFields()) {
          if (field.doc() == null) {
            undocumented.add(path + "." + field.name());
          }
          collectUndocumented(field.schema(), path + "." + field.name(), undocumented);
        }
      }
      case ARRAY -> collectUndocumented(schema.getElementType(), path, undocumented);
      case UNION ->
          schema.getTypes().forEach(branch -> collectUndocumented(branch, path, undocumented));
      default -> {}
    }
  }

  private static List<Schema> namedTypes(Schema schema) {
    return switch (schema.getType()) {
      case ENUM -> List.of(schema);
      case ARRAY -> namedTypes(schema.getElementType());
      case MAP -> namedTypes(schema.getValueType());
      case UNION -> schema.getTypes().stream().flatMap(t -> namedTypes(t).stream()).toList();
      case RECORD ->
          Stream.concat(
                  Stream.of(schema),
                  schema.getFields().stream().flatMap(f -> namedTypes(f.schema()).stream()))
              .toList();
      default -> List.of();
    };
  }
}
