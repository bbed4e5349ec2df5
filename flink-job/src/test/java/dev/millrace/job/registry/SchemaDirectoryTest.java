package dev.millrace.job.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.RegistrySettings;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaDirectoryTest {
  private static final Schema ORDER =
      SchemaBuilder.record("Order").namespace("shop").fields().requiredString("id").endRecord();

  private FakeRegistry registry;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void anIdIsAskedForOnceHoweverManyThreadsWantIt() throws Exception {
    int id = registry.add(ORDER);
    SchemaDirectory directory = SchemaDirectory.shared(registry.settings());

    List<CompletableFuture<Schema>> found =
        IntStream.range(0, 8)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> found(directory, id)))
            .toList();

    assertThat(found).allSatisfy(schema -> assertThat(schema.get()).isEqualTo(ORDER));
    assertThat(registry.requests).containsExactly("GET /schemas/ids/" + id);
    assertThat(SchemaDirectory.shared(registry.settings()).find(id)).isEqualTo(ORDER);
    assertThat(registry.requests).hasSize(1);
  }

  @Test
  void anIdThatTheRegistryDoesNotHaveIsNamedAndNotAskedForAgainAtOnce() {
    SchemaDirectory directory = SchemaDirectory.shared(registry.settings());

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> directory.find(404))
          .isInstanceOfSatisfying(
              RecordFormatException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_SCHEMA))
          .hasMessageContaining("id 404")
          .hasMessageContaining(registry.url());
    }
    assertThat(registry.requests).hasSize(1);
  }

  @Test
  void anIdThatNoRegistryCanHaveIsNotAskedFor() {
    assertThatThrownBy(() -> SchemaDirectory.shared(registry.settings()).find(-5))
        .hasMessageContaining("id -5");
    assertThat(registry.requests).isEmpty();
  }

  @Test
  void aSchemaOfAnotherKindIsNoAvro() {
    ObjectNode protobuf =
        JsonNodeFactory.instance
            .objectNode()
            .put("schemaType", "PROTOBUF")
            .put("schema", "message A {}");
    int id = registry.add(protobuf);

    assertThatThrownBy(() -> SchemaDirectory.shared(registry.settings()).find(id))
        .hasMessageContaining("a schema of the type PROTOBUF");
  }

  @Test
  void aSchemaFindsTheOnesItRefersTo() throws Exception {
    registry.addVersion("shop.Order", 3, ORDER);
    ObjectNode basket =
        JsonNodeFactory.instance
            .objectNode()
            .put(
                "schema",
                "{\"type\":\"record\",\"name\":\"Basket\",\"fields\":[{\"name\":\"first\",\"type\":\"shop.Order\"}]}");
    basket
        .putArray("references")
        .addObject()
        .put("name", "shop.Order")
        .put("subject", "shop.Order")
        .put("version", 3);
    int id = registry.add(basket);

    Schema found = SchemaDirectory.shared(registry.settings()).find(id);

    assertThat(found.getField("first").schema()).isEqualTo(ORDER);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 503, 429, 401, 403, 405})
  void aRegistryThatIsNotWellIsWaitedFor(int status) throws Exception {
    int id = registry.add(ORDER);
    SchemaDirectory directory = SchemaDirectory.shared(registry.settings());
    registry.fails(status);

    CompletableFuture<Schema> found = CompletableFuture.supplyAsync(() -> found(directory, id));
    await(() -> registry.requests.size() >= 3);
    assertThat(found).isNotDone();
    assertThat(directory.away()).isPresent();
    registry.isBack();

    assertThat(found.get()).isEqualTo(ORDER);
    assertThat(directory.away()).isEmpty();
  }

  @Test
  void somebodyWithPatienceGetsAnErrorWhenItEnds() {
    RegistrySettings nowhere = registry.settings();
    registry.close();

    assertThatThrownBy(() -> SchemaDirectory.patient(nowhere, Duration.ofMillis(300)).find(1))
        .isInstanceOf(RegistryAwayException.class)
        .hasMessageContaining(nowhere.url())
        .hasMessageContaining("does not answer");
  }

  @Test
  void wrongCredentialsEndTheStartAtOnce() {
    registry.wants("Basic bm9ib2R5");

    assertThatThrownBy(
            () -> SchemaDirectory.patient(registry.settings(), Duration.ofDays(1)).find(1))
        .isInstanceOf(RegistryAwayException.class)
        .hasMessageContaining("does not take these credentials");
  }

  @Test
  void credentialsAreReadFromWhereTheyAreNamed(@TempDir Path secrets) throws Exception {
    Files.writeString(secrets.resolve("registry.properties"), "user=millrace:hush\ntoken=t0ken\n");
    Map<String, String> provider =
        Map.of(
            "config.providers",
            "file",
            "config.providers.file.class",
            "org.apache.kafka.common.config.provider.FileConfigProvider");
    int id = registry.add(ORDER);

    registry.wants("Basic bWlsbHJhY2U6aHVzaA==");
    assertThat(directory(provider, "basic.auth.user.info", secrets, "user").find(id))
        .isEqualTo(ORDER);
    registry.wants("Bearer t0ken");
    assertThat(directory(provider, "bearer.auth.token", secrets, "token").find(id))
        .isEqualTo(ORDER);
  }

  private SchemaDirectory directory(
      Map<String, String> provider, String property, Path secrets, String key) {
    Map<String, String> client = new java.util.HashMap<>(provider);
    client.put(property, "${file:" + secrets.resolve("registry.properties") + ":" + key + "}");
    return SchemaDirectory.patient(registry.settings(true, client), Duration.ZERO);
  }

  @Test
  void aPropertyThatTheClientDoesNotHaveIsNamed() {
    assertThatThrownBy(
            () ->
                SchemaDirectory.patient(
                        registry.settings(true, Map.of("basic.auth.user", "x")), Duration.ZERO)
                    .find(1))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.registry.client.basic.auth.user:");
  }

  @Test
  void aSchemaIsRegisteredOnce() throws Exception {
    SchemaDirectory directory = SchemaDirectory.shared(registry.settings());

    int id = directory.idOf("orders", ORDER);

    assertThat(directory.idOf("orders", ORDER)).isEqualTo(id);
    assertThat(registry.requests).containsExactly("POST /subjects/orders-value/versions");
  }

  @Test
  void aSchemaIsOnlyLookedUpWhereRegisteringIsSwitchedOff() throws Exception {
    SchemaDirectory lookingUp =
        SchemaDirectory.patient(registry.settings(false, Map.of()), Duration.ZERO);

    assertThatThrownBy(() -> lookingUp.idOf("orders", ORDER))
        .isInstanceOf(RefusedSchemaException.class)
        .hasMessageContaining("subject orders-value")
        .hasMessageContaining("millrace.registry.register")
        .hasMessageContaining(ORDER.toString());
    assertThat(registry.requests).containsExactly("POST /subjects/orders-value");
  }

  @Test
  void aSchemaThatTheRegistryRefusesNamesTheSubject() {
    Schema refused = SchemaBuilder.record("Refused").fields().endRecord();

    assertThatThrownBy(() -> SchemaDirectory.shared(registry.settings()).idOf("orders", refused))
        .isInstanceOf(RefusedSchemaException.class)
        .hasMessageContaining("under subject orders-value")
        .hasMessageContaining("incompatible with an earlier schema");
  }

  @Test
  void whatACheckpointHoldsIsKnownWithoutTheRegistry() throws Exception {
    int id = registry.add(ORDER);
    SchemaDirectory before = SchemaDirectory.patient(registry.settings(), Duration.ZERO);
    Schema found = before.find(id);
    int ofOrders = before.idOf("orders", ORDER);
    RegistrySettings settings = registry.settings();
    registry.close();

    SchemaDirectory after = SchemaDirectory.patient(settings, Duration.ZERO);
    after.restore(before.snapshot());

    assertThat(after.find(id)).isEqualTo(found);
    assertThat(after.idOf("orders", ORDER)).isEqualTo(ofOrders);
  }

  private static Schema found(SchemaDirectory directory, int id) {
    try {
      return directory.find(id);
    } catch (RecordFormatException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(java.util.function.BooleanSupplier condition) throws Exception {
    long end = System.nanoTime() + 120_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("what is waited for comes in time").isLessThan(end);
      Thread.sleep(5);
    }
  }
}
