package dev.millrace.it.secure;

import dev.millrace.cli.local.LocalPorts;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/**
 * A KRaft broker with a SASL_SSL listener for PLAIN, SCRAM and OAUTHBEARER, and the authorizer that
 * lets nobody do anything without a right. A second listener is the test's own, which may do
 * everything.
 */
final class SecureBroker implements AutoCloseable {
  private static final int NODE_ID = 1;
  private static final String LISTENER = "listener.name.sasl_ssl.";
  private static final String MODULES = "org.apache.kafka.common.security.";

  private final KafkaRaftServer server;
  private final int port;
  private final int adminPort;

  private SecureBroker(KafkaRaftServer server, int port, int adminPort) {
    this.server = server;
    this.port = port;
    this.adminPort = adminPort;
  }

  /**
   * Starts a broker on free ports.
   *
   * @param plainUsers passwords by name
   * @param jwks where the keys are that tokens are signed with
   */
  static SecureBroker start(
      Path folder, Certificates certificates, Map<String, String> plainUsers, Path jwks)
      throws Exception {
    int port = LocalPorts.free();
    int adminPort = LocalPorts.free();
    int controllerPort = LocalPorts.free();
    Map<String, Object> settings = new HashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", NODE_ID);
    settings.put(
        "listeners",
        "SASL_SSL://127.0.0.1:%d,ADMIN://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
            .formatted(port, adminPort, controllerPort));
    settings.put(
        "listener.security.protocol.map", "SASL_SSL:SASL_SSL,ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("inter.broker.listener.name", "ADMIN");
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + controllerPort);
    settings.put("log.dirs", folder.toString());
    settings.put("auto.create.topics.enable", false);
    for (String topic : List.of("offsets.topic", "transaction.state.log")) {
      settings.put(topic + ".num.partitions", 1);
      settings.put(topic + ".replication.factor", (short) 1);
    }
    settings.put("transaction.state.log.min.isr", 1);
    settings.put("group.initial.rebalance.delay.ms", 0);
    settings.put("log.cleaner.dedupe.buffer.size", 4L << 20);

    settings.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    settings.put("super.users", "User:ANONYMOUS");
    settings.put("ssl.keystore.type", "PKCS12");
    settings.put("ssl.keystore.location", certificates.keyStore().toString());
    settings.put("ssl.keystore.password", Certificates.PASSWORD);
    settings.put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-512,OAUTHBEARER");
    StringBuilder users = new StringBuilder();
    plainUsers.forEach(
        (name, password) -> users.append(" user_%s=\"%s\"".formatted(name, password)));
    settings.put(
        LISTENER + "plain.sasl.jaas.config",
        MODULES + "plain.PlainLoginModule required" + users + ";");
    settings.put(
        LISTENER + "scram-sha-512.sasl.jaas.config", MODULES + "scram.ScramLoginModule required;");
    settings.put(
        LISTENER + "oauthbearer.sasl.jaas.config",
        MODULES + "oauthbearer.OAuthBearerLoginModule required;");
    settings.put(
        LISTENER + "oauthbearer.sasl.server.callback.handler.class",
        MODULES + "oauthbearer.OAuthBearerValidatorCallbackHandler");
    settings.put(
        LISTENER + "oauthbearer.sasl.oauthbearer.jwks.endpoint.url", jwks.toUri().toString());
    settings.put(
        LISTENER + "oauthbearer.sasl.oauthbearer.expected.audience", TokenService.AUDIENCE);

    format(folder);
    KafkaRaftServer server =
        new KafkaRaftServer(new KafkaConfig(settings, /* doLog= */ false), Time.SYSTEM);
    server.startup();
    return new SecureBroker(server, port, adminPort);
  }

  /** For users of TLS and SASL. */
  String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /** For the test itself. */
  String adminServers() {
    return "127.0.0.1:" + adminPort;
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", adminServers()));
  }

  private static void format(Path folder) throws Exception {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    new Formatter()
        .setPrintStream(nowhere)
        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
        .setNodeId(NODE_ID)
        .setClusterId("millrace-secure")
        .setDirectories(List.of(folder.toString()))
        .setMetadataLogDirectory(folder.toString())
        .setControllerListenerName("CONTROLLER")
        .run();
  }

  @Override
  public void close() throws IOException {
    server.shutdown();
    server.awaitShutdown();
  }
}
