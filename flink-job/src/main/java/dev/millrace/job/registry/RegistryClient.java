package dev.millrace.job.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.config.RegistrySettings;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/**
 * Three calls of Confluent's protocol, which every registry speaks: Confluent's own, Apicurio's,
 * Karapace, Redpanda's. Each is made once per schema, so connections and secrets are not kept.
 */
final class RegistryClient {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(15);
  private static final String JSON = "application/vnd.schemaregistry.v1+json, application/json";
  private static final String CONTENT = "application/vnd.schemaregistry.v1+json";
  private static final int UNPROCESSABLE = 422;
  private static final JsonMapper MAPPER = new JsonMapper();

  private final RegistrySettings settings;

  RegistryClient(RegistrySettings settings) {
    this.settings = requireNonNull(settings, "settings");
  }

  /** The schema with an id. */
  Schema schema(int id) throws RegistryException, InterruptedException {
    if (id < 0) {
      throw new RegistryException.Refused("ids are not negative", null);
    }
    JsonNode answer = get("/schemas/ids/" + id);
    String type = answer.path("schemaType").asText("AVRO");
    if (!type.equals("AVRO")) {
      throw new RegistryException.Refused("it is a schema of the type " + type, null);
    }
    return parse(answer);
  }

  /** The id of a schema under a subject, which is registered if it is not. */
  int register(String subject, Schema schema) throws RegistryException, InterruptedException {
    return post("/subjects/" + encoded(subject) + "/versions", schema).path("id").asInt();
  }

  /** The id of a schema that is registered under a subject. */
  int lookUp(String subject, Schema schema) throws RegistryException, InterruptedException {
    return post("/subjects/" + encoded(subject), schema).path("id").asInt();
  }

  /** A schema may name types of others, which it refers to. */
  private Schema parse(JsonNode answer) throws RegistryException, InterruptedException {
    Schema.Parser parser = new Schema.Parser();
    parseReferences(answer, parser);
    return parse(answer, parser);
  }

  private void parseReferences(JsonNode answer, Schema.Parser parser)
      throws RegistryException, InterruptedException {
    for (JsonNode reference : answer.path("references")) {
      if (parser.getTypes().containsKey(reference.path("name").asText())) {
        continue;
      }
      JsonNode referred =
          get(
              "/subjects/%s/versions/%d"
                  .formatted(
                      encoded(reference.path("subject").asText()),
                      reference.path("version").asInt()));
      parseReferences(referred, parser);
      Schema ignored = parse(referred, parser);
    }
  }

  private static Schema parse(JsonNode answer, Schema.Parser parser)
      throws RegistryException.Refused {
    try {
      return parser.parse(answer.path("schema").asText());
    } catch (SchemaParseException e) {
      throw new RegistryException.Refused("it is no Avro schema: " + e.getMessage(), e);
    }
  }

  private JsonNode get(String path) throws RegistryException, InterruptedException {
    return send(request(path).GET().build());
  }

  private JsonNode post(String path, Schema schema) throws RegistryException, InterruptedException {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("schema", schema.toString());
    return send(
        request(path)
            .header("Content-Type", CONTENT)
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build());
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(settings.url() + path))
            .timeout(ANSWER)
            .header("Accept", JSON);
    RegistryConfig.of(settings.clientProperties())
        .authorization()
        .ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  private JsonNode send(HttpRequest request) throws RegistryException, InterruptedException {
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(CONNECT);
    RegistryConfig.of(settings.clientProperties()).ssl().ifPresent(client::sslContext);
    try {
      return answer(client.build().send(request, HttpResponse.BodyHandlers.ofString()));
    } catch (SSLException e) {
      throw new RegistryException.Denied(reason(e), e);
    } catch (IOException e) {
      throw new RegistryException.Away(reason(e), e);
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static JsonNode answer(HttpResponse<String> response) throws RegistryException {
    int status = response.statusCode();
    if (status == HttpURLConnection.HTTP_UNAUTHORIZED
        || status == HttpURLConnection.HTTP_FORBIDDEN) {
      throw new RegistryException.Denied(
          "status %d, it does not take these credentials".formatted(status), null);
    }
    JsonNode body = body(response);
    if (status == HttpURLConnection.HTTP_OK) {
      return body;
    }
    String message = body.path("message").asText("no reason");
    if (isNo(status, body)) {
      throw new RegistryException.Refused("%s (status %d)".formatted(message, status), null);
    }
    throw new RegistryException.Away("%s (status %d)".formatted(message, status), null);
  }

  /**
   * Whether a registry means what was asked for. Where a path is not known to it, the address is
   * wrong, or it is something else; where it fails, it may do better later.
   */
  private static boolean isNo(int status, JsonNode body) {
    boolean unknown = body.path("error_code").asInt() / 100 == HttpURLConnection.HTTP_NOT_FOUND;
    return status == HttpURLConnection.HTTP_CONFLICT
        || status == UNPROCESSABLE
        || (status == HttpURLConnection.HTTP_NOT_FOUND && unknown);
  }

  /** What is no JSON comes from something else than a registry. */
  private static JsonNode body(HttpResponse<String> response) throws RegistryException.Away {
    try {
      return MAPPER.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw new RegistryException.Away(
          "status %d and no JSON: is this a schema registry?".formatted(response.statusCode()), e);
    }
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
