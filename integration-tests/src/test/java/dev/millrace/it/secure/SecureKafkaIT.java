package dev.millrace.it.secure;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cli.local.LocalPorts;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.it.secure.Rights.Right;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.kafka.BrokerCheck;
import dev.millrace.job.kafka.KafkaConnectors;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.InstantiationUtil;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The job on a broker with TLS, SASL and access control, with the least rights and one less. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecureKafkaIT {
  private static final String USER = "millrace-user";
  private static final String PASSWORD = "pass-7e1b-word";
  private static final String ALLOWED_URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";
  private static final int PROMPTS = 3;

  @TempDir static Path folder;
  private Certificates certificates;
  private TokenService tokens;
  private SecureBroker broker;
  private Admin admin;
  private Path secrets;
  private Path model;

  @BeforeAll
  void start_a_broker_that_trusts_nobody() throws Exception {
    certificates = Certificates.make(folder, "broker");
    tokens = new TokenService(USER, PASSWORD);
    Path jwks = tokens.writeKeys(folder.resolve("jwks.json"));
    System.setProperty(ALLOWED_URLS, jwks.toUri() + "," + tokens.address());
    broker =
        SecureBroker.start(
            Files.createDirectory(folder.resolve("data")),
            certificates,
            Map.of(USER, PASSWORD),
            jwks);
    admin = broker.admin();
    admin
        .alterUserScramCredentials(
            List.of(
                new UserScramCredentialUpsertion(
                    USER, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), PASSWORD)))
        .all()
        .get();
    admin
        .createTopics(
            Stream.of("prompts", "completions", "completion-latency").map(this::topic).toList())
        .all()
        .get();
    admin
        .createTopics(
            List.of(
                topic("prompts-dead-letter")
                    .configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "4194304"))))
        .all()
        .get();
    secrets = Files.createDirectory(folder.resolve("secrets"));
    Files.write(
        secrets.resolve("kafka.properties"),
        List.of(
            "plain=" + login("plain.PlainLoginModule"),
            "scram=" + login("scram.ScramLoginModule"),
            "wrong=" + login("scram.ScramLoginModule").replace(PASSWORD, "wrong"),
            "client-secret=" + PASSWORD));
    model = new TinyCheckpoint().write(Files.createDirectory(folder.resolve("model")));
  }

  @AfterAll
  void stop() throws IOException {
    System.clearProperty(ALLOWED_URLS);
    admin.close();
    broker.close();
    tokens.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-512", "OAUTHBEARER"})
  void the_job_runs_with_each_mechanism_and_the_least_rights(String mechanism) throws Exception {
    Rights.give(admin, USER, Rights.LEAST);
    long before = completions();
    send();

    try (LogCapture log = new LogCapture()) {
      MillraceJob.main(arguments(settings(mechanism)));
      assertThat(log.text()).contains("kafka").doesNotContain(PASSWORD);
    }

    assertThat(completions()).isEqualTo(before + PROMPTS);
  }

  @Test
  @Timeout(900)
  void commands_get_in_with_the_jobs_settings() throws Exception {
    Map<String, String> settings = settings("SCRAM-SHA-512");
    Path config = folder.resolve("job.yaml");
    Files.write(
        config,
        settings.entrySet().stream().map(e -> e.getKey() + ": '" + e.getValue() + "'").toList());
    Path prompts =
        Files.writeString(
            folder.resolve("prompts.jsonl"),
            """
            {"id":"of-a-command","prompt":"Hi","max_tokens":4}
            {"id":"unknown","prompt":"Hi","model":"none"}
            """);
    Rights.give(
        admin, USER, Stream.concat(Rights.LEAST.stream(), Rights.COMMANDS.stream()).toList());
    CommandLine commands = new CommandLine(folder);

    assertThat(commands.run("submit", "--config", config.toString(), prompts.toString()))
        .contains("2 prompts sent to prompts");
    MillraceJob.main(arguments(settings));

    assertThat(commands.run("collect", "--config", config.toString(), "--idle", "2"))
        .doesNotContain(PASSWORD);
    assertThat(Files.readString(folder.resolve("completions.jsonl"))).contains("of-a-command");
    assertThat(commands.run("replay", "--config", config.toString(), "--code", "UNKNOWN_MODEL"))
        .contains("1 dead letters went back to prompts");
    assertThat(
            commands.run(
                "topic",
                "read",
                "--config",
                config.toString(),
                "--count",
                "1",
                "--idle",
                "60",
                "completions"))
        .contains("\"finish_reason\"");
    requireConsole(commands, config);
  }

  /** What it sends to a browser has the completion in it. */
  private void requireConsole(CommandLine commands, Path config) throws Exception {
    int port = LocalPorts.free();
    Path log = folder.resolve("console.log");
    Process console =
        commands.start(log, "console", "--config", config.toString(), "--port", "" + port);
    try {
      Instant end = Instant.now().plus(Duration.ofMinutes(5));
      while (!Files.readString(log).contains("Console  http")) {
        assertThat(console.isAlive() && Instant.now().isBefore(end)).as("console starts").isTrue();
        Thread.sleep(100);
      }
      HttpRequest events =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/events")).build();
      try (Stream<String> lines =
          HttpClient.newHttpClient().send(events, HttpResponse.BodyHandlers.ofLines()).body()) {
        assertThat(lines.anyMatch(line -> line.contains("of-a-command"))).isTrue();
      }
    } finally {
      CommandLine.stop(console);
    }
  }

  static List<Right> leastRights() {
    return Rights.LEAST;
  }

  @ParameterizedTest
  @MethodSource("leastRights")
  void a_right_that_is_missing_is_named_at_the_start(Right missing) throws Exception {
    List<Right> others = Rights.LEAST.stream().filter(right -> !right.equals(missing)).toList();
    Rights.give(admin, USER, others);

    assertThatThrownBy(() -> BrokerCheck.check(kafka(settings("SCRAM-SHA-512"))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("the right to " + missing.words() + ": grant it with kafka-acls");
  }

  @Test
  void all_missing_rights_are_named_at_once() throws Exception {
    Rights.give(admin, USER, List.of());

    assertThatThrownBy(() -> BrokerCheck.check(kafka(settings("SCRAM-SHA-512"))))
        .hasMessageContainingAll(Rights.LEAST.stream().map(Right::words).toArray(String[]::new));
  }

  @Test
  void the_page_on_security_lists_exactly_these_rights() throws IOException {
    String page = Files.readString(Path.of("../docs/security.md"));

    for (Right right : Rights.LEAST) {
      String operation =
          right.operation().toString().charAt(0)
              + right.operation().toString().substring(1).toLowerCase(java.util.Locale.ROOT);
      assertThat(page).contains("--operation " + operation + " " + option(right));
    }
    assertThat(page.split("--operation ", -1)).hasSize(Rights.LEAST.size() + 1 + OPTIONAL_RIGHTS);
  }

  /** To read configurations of topics and brokers. */
  private static final int OPTIONAL_RIGHTS = 2;

  private static String option(Right right) {
    return switch (right.type()) {
      case TOPIC -> "--topic " + right.name();
      case GROUP -> "--group " + right.name();
      default -> "--transactional-id " + right.name() + " --resource-pattern-type prefixed";
    };
  }

  @Test
  void a_wrong_password_is_told_from_a_missing_right() {
    Map<String, String> settings = settings("SCRAM-SHA-512");
    settings.put("millrace.kafka.sasl.jaas.config", secret("wrong"));

    assertThatThrownBy(() -> BrokerCheck.check(kafka(settings)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("do not know each other")
        .hasMessageContaining("millrace.kafka.sasl.*");
  }

  @Test
  void a_broker_with_another_certificate_is_not_talked_to() throws Exception {
    Map<String, String> settings = settings("SCRAM-SHA-512");
    settings.put(
        "millrace.kafka.ssl.truststore.location",
        Certificates.make(folder, "another").pem().toString());

    assertThatThrownBy(() -> BrokerCheck.check(kafka(settings)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.kafka.ssl.*");
  }

  @Test
  void a_secret_outside_of_the_allowed_folders_is_not_read() {
    Map<String, String> settings = settings("SCRAM-SHA-512");
    settings.put("millrace.secrets.directories", folder.resolve("elsewhere").toString());

    assertThatThrownBy(() -> BrokerCheck.check(kafka(settings)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.kafka.*");
  }

  @Test
  void what_flink_ships_and_shows_holds_no_secret() throws IOException {
    JobSettings job = JobSettings.from(Configuration.fromMap(settings("SCRAM-SHA-512")));

    for (Object shipped : List.of(KafkaConnectors.source(job), KafkaConnectors.sink(job))) {
      String bytes = new String(InstantiationUtil.serializeObject(shipped), UTF_8);
      assertThat(bytes).contains("${file:").doesNotContain(PASSWORD);
    }
    assertThat(job.kafka().toString()).doesNotContain("${file:").contains("sasl.jaas.config");
  }

  private static String login(String module) {
    return "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";"
        .formatted(module, USER, PASSWORD);
  }

  private String secret(String key) {
    return "${file:" + secrets.resolve("kafka.properties") + ":" + key + "}";
  }

  private Map<String, String> settings(String mechanism) {
    Map<String, String> settings = new HashMap<>();
    settings.put("millrace.bootstrap-servers", broker.bootstrapServers());
    settings.put("millrace.model.directory", model.toString());
    settings.put("millrace.threads", "1");
    settings.put("millrace.cache-tokens", "1024");
    settings.put("millrace.bounded", "true");
    settings.put("millrace.secrets.directories", secrets.toString());
    settings.put("millrace.kafka.security.protocol", "SASL_SSL");
    settings.put("millrace.kafka.sasl.mechanism", mechanism);
    settings.put("millrace.kafka.ssl.truststore.type", "PEM");
    settings.put("millrace.kafka.ssl.truststore.location", certificates.pem().toString());
    switch (mechanism) {
      case "PLAIN" -> settings.put("millrace.kafka.sasl.jaas.config", secret("plain"));
      case "SCRAM-SHA-512" -> settings.put("millrace.kafka.sasl.jaas.config", secret("scram"));
      default -> {
        settings.put(
            "millrace.kafka.sasl.jaas.config",
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;");
        settings.put(
            "millrace.kafka.sasl.login.callback.handler.class",
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler");
        settings.put("millrace.kafka.sasl.oauthbearer.token.endpoint.url", tokens.address());
        settings.put("millrace.kafka.sasl.oauthbearer.client.credentials.client.id", USER);
        settings.put(
            "millrace.kafka.sasl.oauthbearer.client.credentials.client.secret",
            secret("client-secret"));
      }
    }
    return settings;
  }

  private static KafkaSettings kafka(Map<String, String> settings) {
    return JobSettings.from(Configuration.fromMap(settings)).kafka();
  }

  private static String[] arguments(Map<String, String> settings) {
    List<String> arguments = new ArrayList<>();
    settings.forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    arguments.add("-Dparallelism.default=1");
    return arguments.toArray(String[]::new);
  }

  private NewTopic topic(String name) {
    return new NewTopic(name, 1, (short) 1);
  }

  private void send() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.adminServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < PROMPTS; i++) {
        String json = "{\"id\":\"%d\",\"prompt\":\"Say %d\",\"max_tokens\":4}".formatted(i, i);
        producer.send(new ProducerRecord<>("prompts", json.getBytes(UTF_8))).get();
      }
    }
  }

  /**
   * Completions that a read_committed consumer sees, once their transactions' markers are there.
   */
  private long completions() throws Exception {
    ListTransactionsOptions decided =
        new ListTransactionsOptions()
            .filterStates(List.of(TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT));
    while (!admin.listTransactions(decided).all().get().isEmpty()) {
      Thread.onSpinWait();
    }
    TopicPartition partition = new TopicPartition("completions", 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.adminServers(), "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      long count = 0;
      while (consumer.position(partition) < end) {
        count += consumer.poll(java.time.Duration.ofMillis(200)).count();
      }
      return count;
    }
  }
}
