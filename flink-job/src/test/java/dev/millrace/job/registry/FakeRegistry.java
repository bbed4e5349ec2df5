package dev.millrace.job.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.job.config.Framing;
import dev.millrace.job.config.RegistrySettings;
import dev.millrace.job.config.SubjectNames;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;

/** A registry over real HTTP that knows what it was told, and can be away. */
public final class FakeRegistry implements AutoCloseable {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** Every request, as METHOD path. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  private final Map<Integer, ObjectNode> schemas = new ConcurrentHashMap<>();
  private final Map<String, Integer> ids = new ConcurrentHashMap<>();
  private final AtomicInteger lastId = new AtomicInteger(6);

  /** Part of the address: a port may be that of an earlier registry, which this process knows. */
  private final String path = "/" + UUID.randomUUID();

  private final HttpServer server;

  /** An answer that every request gets instead; empty: the right one. */
  private volatile Optional<Integer> failure = Optional.empty();

  private volatile Optional<String> authorization = Optional.empty();

  public FakeRegistry() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(path, this::answer);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** Settings that name it. */
  public RegistrySettings settings() {
    return settings(true, Map.of());
  }

  RegistrySettings settings(boolean register, Map<String, String> client) {
    return new RegistrySettings(url(), Framing.REGISTRY, SubjectNames.TOPIC, register, client);
  }

  /** Makes a schema known under an id of its own. */
  public int add(Schema schema) {
    return add(JsonNodeFactory.instance.objectNode().put("schema", schema.toString()));
  }

  int add(ObjectNode entry) {
    int id = lastId.incrementAndGet();
    schemas.put(id, entry);
    return id;
  }

  /** Makes a schema known that others refer to. */
  void addVersion(String subject, int version, Schema schema) {
    int id = add(schema);
    ids.put(subject + "/versions/" + version, id);
  }

  /** Answers with this status until it {@link #isBack}. */
  public void fails(int status) {
    failure = Optional.of(status);
  }

  public void isBack() {
    failure = Optional.empty();
  }

  void wants(String header) {
    authorization = Optional.of(header);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String asked = exchange.getRequestURI().getPath().substring(path.length());
    requests.add(exchange.getRequestMethod() + " " + asked);
    String sent = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization.isPresent() && !authorization.get().equals(sent)) {
      send(exchange, 401, error(401, "Unauthorized"));
    } else if (failure.isPresent()) {
      send(exchange, failure.get(), error(failure.get() * 100 + 1, "out of order"));
    } else if (exchange.getRequestMethod().equals("GET")) {
      get(exchange, asked);
    } else {
      post(exchange, asked, MAPPER.readTree(exchange.getRequestBody()).get("schema").asText());
    }
  }

  private void get(HttpExchange exchange, String asked) throws IOException {
    String last = asked.substring(asked.lastIndexOf('/') + 1);
    ObjectNode found =
        asked.startsWith("/schemas/ids/")
            ? schemas.get(Integer.parseInt(last))
            : schemas.get(ids.getOrDefault(asked.replace("/subjects/", ""), -1));
    if (found == null) {
      send(exchange, 404, error(40403, "Schema not found"));
    } else {
      send(exchange, 200, found);
    }
  }

  private void post(HttpExchange exchange, String asked, String schema) throws IOException {
    boolean registers = asked.endsWith("/versions");
    String key = asked.replaceFirst("/versions$", "") + schema;
    if (schema.contains("Refused")) {
      send(exchange, 409, error(409, "incompatible with an earlier schema"));
    } else if (!registers && !ids.containsKey(key)) {
      send(exchange, 404, error(40403, "Schema not found"));
    } else {
      int id = ids.computeIfAbsent(key, ignored -> add(new Schema.Parser().parse(schema)));
      send(exchange, 200, JsonNodeFactory.instance.objectNode().put("id", id));
    }
  }

  private static ObjectNode error(int code, String message) {
    return JsonNodeFactory.instance.objectNode().put("error_code", code).put("message", message);
  }

  private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
