package dev.millrace.job.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.config.RegistrySettings;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.job.task.EnrichedSchema;
import dev.millrace.job.task.TaskFiles;
import dev.millrace.job.task.TaskKind;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.RecordFormatException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.junit.jupiter.api.Test;

class EventFormatTest {
  private static final SchemaDirectory NO_REGISTRY =
      SchemaDirectory.shared(RegistrySettings.none());

  private static final Schema ORDER =
      SchemaBuilder.record("Order")
          .namespace("shop")
          .prop("owner", "sales")
          .fields()
          .requiredString("id")
          .name("price")
          .type()
          .doubleType()
          .noDefault()
          .name("kind")
          .type()
          .enumeration("Kind")
          .symbols("NEW", "OLD")
          .noDefault()
          .requiredBytes("blob")
          .endRecord();

  private static final Schema EARLIER =
      SchemaBuilder.record("Order").namespace("shop").fields().requiredString("id").endRecord();

  @Test
  void fieldsAreAddedToJsonWithEveryOtherByteAsItWas() throws Exception {
    assertThat(appended("{\"a\": 1.10,  \"b\" : [ ]\n}\n", "{\"x\":2}"))
        .isEqualTo("{\"a\": 1.10,  \"b\" : [ ],\"x\":2\n}\n");
    assertThat(appended(" {\"a\":\"}\u00fc\"} ", "{\"x\":{\"y\":[1]}}"))
        .isEqualTo(" {\"a\":\"}\u00fc\",\"x\":{\"y\":[1]}} ");
    assertThat(appended("{ }", "{\"x\":2,\"y\":3}")).isEqualTo("{\"x\":2,\"y\":3 }");
    assertThat(appended("{\"a\":1}", "{}")).isEqualTo("{\"a\":1}");
  }

  @Test
  void aFieldThatTheEventHasIsNotOverwritten() {
    assertThatThrownBy(() -> appended("{\"x\":1}", "{\"x\":2}"))
        .isInstanceOf(RecordFormatException.class)
        .hasMessageContaining("has a field 'x' already");
  }

  @Test
  void whatIsNoJsonObjectIsRefused() {
    EventFormat json = EventFormat.json();
    for (String text : List.of("", "[1]", "1", "{", "{} {}", "null")) {
      assertThatThrownBy(() -> json.read(text.getBytes(UTF_8)))
          .as(text)
          .isInstanceOf(RecordFormatException.class);
    }
    assertThatThrownBy(
            () -> json.read("{\"a\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_16)))
        .isInstanceOf(RecordFormatException.class);
    assertThatThrownBy(() -> json.read(new byte[] {'{', '"', (byte) 0xC3, '"', ':', '1', '}'}))
        .isInstanceOf(RecordFormatException.class);
  }

  @Test
  void numbersInEventsKeepTheirDigits() throws Exception {
    assertThat(EventFormat.json().read("{\"a\":1.10}".getBytes(UTF_8)).get("a").toString())
        .isEqualTo("1.10");
  }

  @Test
  void anAvroEventKeepsItsBodyAndGetsAnExtendedSchema() throws Exception {
    TaskKind.Enrich kind = enrich("into: found");
    AvroEvents events = AvroEvents.enriched(List.of(EARLIER, ORDER), kind, NO_REGISTRY);
    byte[] event = encode(order());
    byte[] enriched = events.append(event, json("{\"found\":{\"city\":\"Kiel\",\"n\":7}}"));
    EnrichedSchema schema = EnrichedSchema.of(ORDER, kind);

    assertThat(Arrays.copyOfRange(enriched, 10, event.length))
        .as("the body, byte for byte")
        .isEqualTo(Arrays.copyOfRange(event, 10, event.length));
    GenericRecord read = decode(enriched, schema.whole());
    assertThat(read.get("id")).hasToString("o-1");
    assertThat(read.get("price")).isEqualTo(1.5);
    assertThat(read.get("kind")).hasToString("OLD");
    assertThat(((GenericRecord) read.get("found")).get("city")).hasToString("Kiel");
    assertThat(((GenericRecord) read.get("found")).get("n")).isEqualTo(7L);
    assertThat(read.get("why")).isNull();
    assertThat(schema.whole().getFullName()).isEqualTo("shop.Order");
    assertThat(schema.whole().getProp("owner")).isEqualTo("sales");
  }

  @Test
  void readersOfEitherSchemaUnderstandBoth() {
    Schema extended = EnrichedSchema.of(ORDER, enrich("into: found")).whole();

    assertThat(compatible(extended, ORDER)).isTrue();
    assertThat(compatible(ORDER, extended)).isTrue();
  }

  @Test
  void flattenedFieldsAndTheMarkAreFieldsOfTheEvent() throws Exception {
    TaskKind.Enrich kind = enrich("mark: why");
    AvroEvents events = AvroEvents.enriched(List.of(ORDER), kind, NO_REGISTRY);
    Schema whole = EnrichedSchema.of(ORDER, kind).whole();

    GenericRecord found =
        decode(events.append(encode(order()), json("{\"city\":\"Kiel\",\"n\":7}")), whole);
    assertThat(found.get("city")).hasToString("Kiel");
    GenericRecord marked = decode(events.append(encode(order()), json("{\"why\":\"no\"}")), whole);
    assertThat(marked.get("why")).hasToString("no");
    assertThat(marked.get("city")).isNull();
  }

  @Test
  void anAvroEventIsReadAsATree() throws Exception {
    assertThat(AvroEvents.of(List.of(EARLIER, ORDER), NO_REGISTRY).read(encode(order())))
        .isEqualTo(json("{\"id\":\"o-1\",\"price\":1.5,\"kind\":\"OLD\",\"blob\":\"AQI=\"}"));
  }

  @Test
  void anAvroEventThatCannotBeReadIsNamed() throws Exception {
    AvroEvents events = AvroEvents.of(List.of(EARLIER), NO_REGISTRY);
    byte[] event = encode(order());

    assertThatThrownBy(() -> events.read(event)).hasMessageContaining("none of the task's schemas");
    assertThatThrownBy(() -> events.read(new byte[] {1})).hasMessageContaining("C3 01");
    assertThatThrownBy(
            () ->
                AvroEvents.of(List.of(ORDER), NO_REGISTRY)
                    .read(Arrays.copyOf(event, event.length - 1)))
        .hasMessageContaining("damaged");
  }

  @Test
  void aFieldWithoutAnAvroTypeOrOfAnExistingNameStopsTheStart() {
    assertThatThrownBy(
            () -> EnrichedSchema.of(ORDER, enrichOf("{price: {type: number}}", "mark: why")))
        .hasMessageContaining("has a field 'price' already");
    assertThatThrownBy(() -> EnrichedSchema.of(ORDER, enrichOf("{o: {type: object}}", "mark: why")))
        .hasMessageContaining("'o' has no Avro type");
  }

  private static GenericRecord order() {
    GenericRecord order = new GenericData.Record(ORDER);
    order.put("id", "o-1");
    order.put("price", 1.5);
    order.put("kind", new GenericData.EnumSymbol(ORDER.getField("kind").schema(), "OLD"));
    order.put("blob", ByteBuffer.wrap(new byte[] {1, 2}));
    return order;
  }

  private static byte[] encode(GenericRecord record) throws Exception {
    ByteBuffer buffer =
        new BinaryMessageEncoder<GenericRecord>(GenericData.get(), record.getSchema())
            .encode(record);
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /** Avro's own decoder, which checks the fingerprint. */
  private static GenericRecord decode(byte[] bytes, Schema schema) throws Exception {
    return new BinaryMessageDecoder<GenericRecord>(GenericData.get(), schema).decode(bytes);
  }

  private static boolean compatible(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType()
        == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE;
  }

  private static String appended(String event, String fields) throws Exception {
    return new String(EventFormat.json().append(event.getBytes(UTF_8), json(fields)), UTF_8);
  }

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) JsonMapper.builder().build().readTree(text);
  }

  private static TaskKind.Enrich enrich(String line) {
    return enrichOf("{city: {type: string}, n: {type: integer}}", line);
  }

  private static TaskKind.Enrich enrichOf(String fields, String line) {
    Tasks tasks =
        TaskFiles.of(
                "t.yaml",
                "tasks: {a: {kind: enrich, version: 1, prompt: '{{ x }}', enrich: {fields: %s, on_invalid: pass, mark: why, %s}}}"
                    .formatted(fields, line.equals("mark: why") ? "event: e" : line))
            .tasks();
    return (TaskKind.Enrich) tasks.named("a").orElseThrow().kind();
  }
}
