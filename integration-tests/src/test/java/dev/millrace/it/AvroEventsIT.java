package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.LocalJob;
import dev.millrace.engine.model.TinyCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A topic of somebody's Avro events, of two versions, bound to an enrich task. */
class AvroEventsIT {
  private static final int EVENTS = 12;
  private static final int HEADER = 10;
  private static final String FIELDS =
      """
      {"name": "number", "type": "long"},
      {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
      {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}},
      {"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 4}},
      {"name": "scan", "type": "bytes"},
      {"name": "weights", "type": {"type": "map", "values": "double"}},
      {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [
        {"name": "name", "type": "string"}, {"name": "vat", "type": ["null", "string"]}]}},
      {"name": "remarks", "type": "string"}
      """;
  private static final String LATER_FIELD =
      "{\"name\": \"channel\", \"type\": \"string\", \"default\": \"web\"}";
  private static final String ADDED =
      """
      {"name": "triage", "default": null, "type": ["null",
        {"type": "record", "name": "Order_triage", "fields": [
          {"name": "kind", "type": "string"},
          {"name": "urgent", "type": "boolean"},
          {"name": "parcels", "type": "long"}]}]}
      """;
  private static final String TASK =
      """
      tasks:
        triage:
          kind: enrich
          version: 1
          prompt: "{{ name }}: {{ text }}"
          sampling: {temperature: 0, max_tokens: 96}
          enrich:
            fields:
              kind: {enum: [parcel, pallet, letter]}
              urgent: {type: boolean}
              parcels: {type: integer, minimum: 0, maximum: 99}
            into: triage
            topic: orders-triaged
          from:
            topic: orders
            format: avro
            schemas: [order-1.avsc, order-2.avsc]
            id: /number
            input: {text: /remarks, name: /customer/name}
            attributes: {state: /state}
      """;

  private static final Schema FIRST = order(FIELDS);
  private static final Schema SECOND = order(FIELDS + ", " + LATER_FIELD);

  @TempDir Path checkpoints;
  @TempDir Path folder;

  @Test
  void avro_events_get_fields_and_keep_every_byte_their_type_and_their_schema() throws Exception {
    Path model = new TinyCheckpoint().write(folder.resolve("model"));
    Files.writeString(folder.resolve("order-1.avsc"), FIRST.toString());
    Files.writeString(folder.resolve("order-2.avsc"), SECOND.toString());
    Path tasks = Files.writeString(folder.resolve("tasks.yaml"), TASK);
    List<byte[]> events = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      events.add(singleObject(event(i % 2 == 0 ? FIRST : SECOND, i)));
    }

    try (TestPipeline pipeline = TestPipeline.start(checkpoints, model);
        Outcomes outcomes = pipeline.outcomes()) {
      pipeline.createTopics("orders", "orders-triaged");
      LocalJob job =
          pipeline.startJob(
              Map.of(
                  "millrace.tasks",
                  tasks.toString(),
                  "millrace.threads",
                  "1",
                  "millrace.cache-tokens",
                  "4096"));
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      for (int i = 0; i < EVENTS; i++) {
        records.add(record(i, events.get(i)));
      }
      records.add(record(EVENTS, singleObject(stranger())));
      records.add(record(EVENTS + 1, Arrays.copyOf(events.get(0), events.get(0).length - 3)));
      pipeline.send(records);
      outcomes.await(EVENTS + 2, Duration.ofMinutes(8), () -> true);
      job.requireAlive();

      List<ConsumerRecord<byte[], byte[]>> triaged = pipeline.read("orders-triaged", EVENTS);
      assertThat(triaged).hasSize(EVENTS);
      for (ConsumerRecord<byte[], byte[]> record : triaged) {
        int number = Integer.parseInt(new String(record.key(), UTF_8));
        assertThat(record.timestamp()).isEqualTo(1_000_000 + number);
        assertThat(record.headers().lastHeader("trace").value()).containsExactly(number);
        requireEnriched(events.get(number), number % 2 == 0 ? FIRST : SECOND, record.value());
      }
      assertThat(outcomes.completions).hasSize(EVENTS);
      assertThat(outcomes.completions)
          .allSatisfy(
              read -> {
                assertThat(read.value().getAttributes()).containsEntry("state", "PAID");
                assertThat(read.value().getId()).isEqualTo(new String(read.record().key(), UTF_8));
              });
      assertThat(outcomes.deadLetters)
          .extracting(read -> read.value().getCode())
          .containsExactlyInAnyOrder("UNKNOWN_SCHEMA", "UNDECODABLE");
      assertThat(outcomes.deadLetters)
          .allSatisfy(read -> assertThat(read.value().getTopic()).isEqualTo("orders"));
    }
  }

  /** The event's body as it was, then the fields; readable with the old schema and the new one. */
  private static void requireEnriched(byte[] event, Schema schema, byte[] enriched)
      throws IOException {
    assertThat(Arrays.copyOfRange(enriched, HEADER, event.length))
        .isEqualTo(Arrays.copyOfRange(event, HEADER, event.length));
    Schema extended =
        order(FIELDS + (schema.equals(SECOND) ? ", " + LATER_FIELD : "") + ", " + ADDED);
    assertThat(ByteBuffer.wrap(enriched).order(ByteOrder.LITTLE_ENDIAN).getLong(2))
        .as("the schema that an event with these fields has")
        .isEqualTo(SchemaNormalization.parsingFingerprint64(extended));
    GenericRecord whole = decode(enriched, extended, extended);
    GenericRecord triage = (GenericRecord) whole.get("triage");
    assertThat(triage.get("kind").toString()).isIn("parcel", "pallet", "letter");
    assertThat((Long) triage.get("parcels")).isBetween(0L, 99L);
    assertThat(triage.get("urgent")).isInstanceOf(Boolean.class);
    assertThat(decode(enriched, extended, schema)).isEqualTo(decode(event, schema, schema));
  }

  private static Schema order(String fields) {
    return new Schema.Parser()
        .parse(
            "{\"type\": \"record\", \"name\": \"Order\", \"namespace\": \"com.example\", \"fields\": [%s]}"
                .formatted(fields));
  }

  private static GenericRecord event(Schema schema, int number) {
    GenericRecordBuilder event =
        new GenericRecordBuilder(schema)
            .set("number", (long) number)
            .set("placed", 1_700_000_000_000L + number)
            .set("state", new GenericData.EnumSymbol(schema.getField("state").schema(), "PAID"))
            .set(
                "digest",
                new GenericData.Fixed(
                    schema.getField("digest").schema(), new byte[] {1, -2, 3, (byte) number}))
            .set("scan", ByteBuffer.wrap(new byte[] {0, -1, (byte) 0xC3}))
            .set("weights", Map.of("gross", 1.5 * number))
            .set(
                "customer",
                new GenericRecordBuilder(schema.getField("customer").schema())
                    .set("name", "Müller & Söhne")
                    .set("vat", null)
                    .build())
            .set("remarks", "Two pallets, please; \"urgent\" \u2603");
    return event.build();
  }

  private static GenericRecord stranger() {
    Schema schema =
        new Schema.Parser().parse("{\"type\": \"record\", \"name\": \"Other\", \"fields\": []}");
    return new GenericData.Record(schema);
  }

  private static byte[] singleObject(GenericRecord record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        ByteBuffer.allocate(HEADER)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 0xC3)
            .put((byte) 1)
            .putLong(SchemaNormalization.parsingFingerprint64(record.getSchema()))
            .array());
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
    return out.toByteArray();
  }

  private static GenericRecord decode(byte[] event, Schema writer, Schema reader)
      throws IOException {
    return new GenericDatumReader<GenericRecord>(writer, reader)
        .read(null, DecoderFactory.get().binaryDecoder(event, HEADER, event.length - HEADER, null));
  }

  private static ProducerRecord<byte[], byte[]> record(int number, byte[] value) {
    return new ProducerRecord<>(
        "orders",
        null,
        1_000_000L + number,
        Integer.toString(number).getBytes(UTF_8),
        value,
        List.of(new RecordHeader("trace", new byte[] {(byte) number})));
  }
}
