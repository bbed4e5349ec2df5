package dev.millrace.cli.batch;

import dev.millrace.schema.GenerationResult;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** A row's schema with the answer's columns at its end, each nullable with null as its default. */
final class ExtendedSchema {
  private final Schema schema;
  private final List<AnswerColumn> columns;

  ExtendedSchema(Schema input, List<AnswerColumn> columns) {
    this.columns = columns;
    List<Schema.Field> fields = new ArrayList<>();
    for (Schema.Field field : input.getFields()) {
      fields.add(new Schema.Field(field, field.schema()));
    }
    for (AnswerColumn column : columns) {
      Schema type =
          Schema.createUnion(Schema.create(Schema.Type.NULL), Schema.create(column.type()));
      fields.add(new Schema.Field(column.name(), type, null, JsonProperties.NULL_VALUE));
    }
    schema =
        Schema.createRecord(
            input.getName(), input.getDoc(), input.getNamespace(), input.isError(), fields);
  }

  Schema schema() {
    return schema;
  }

  GenericRecord merge(GenericRecord row, GenerationResult answer) {
    GenericRecord merged = new GenericData.Record(schema);
    for (Schema.Field field : row.getSchema().getFields()) {
      merged.put(field.name(), row.get(field.pos()));
    }
    columns.forEach(column -> merged.put(column.name(), column.value().apply(answer)));
    return merged;
  }
}
