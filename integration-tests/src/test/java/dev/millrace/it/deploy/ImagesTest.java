package dev.millrace.it.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The images' recipes and the compose file, as far as they can be held to anything unbuilt. */
class ImagesTest {
  private static final Path DOCKER = Yaml.DEPLOY.resolve("docker");
  private static final Path HOME = Yaml.DEPLOY.getParent();
  private static final Pattern PINNED =
      Pattern.compile("[a-z0-9./-]+:v?[0-9]+\\.[0-9]+\\.[0-9][^ ]*");
  private static final Pattern ASSIGNMENT = Pattern.compile("([A-Z][A-Z_0-9]*)=(\\S+)");

  @ParameterizedTest
  @ValueSource(strings = {"Dockerfile", "Dockerfile.cuda"})
  void base_images_are_pinned_to_a_release(String file) throws IOException {
    List<String> images =
        instructions(file, "FROM").stream().map(from -> from.replaceAll(" .*", "")).toList();

    assertThat(images).isNotEmpty().allMatch(image -> PINNED.matcher(image).matches());
    assertThat(images.get(images.size() - 1))
        .startsWith("flink:" + System.getProperty("flink.version") + "-");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Dockerfile", "Dockerfile.cuda"})
  void the_image_runs_as_flinks_user_and_says_whether_it_is_well(String file) throws IOException {
    List<String> users = instructions(file, "USER");

    assertThat(users.get(users.size() - 1)).isEqualTo("flink");
    assertThat(instructions(file, "HEALTHCHECK")).singleElement().asString().contains("health.sh");
    assertThat(DOCKER.resolve("health.sh")).isExecutable();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Dockerfile", "Dockerfile.cuda"})
  void what_is_copied_from_the_checkout_is_there(String file) throws IOException {
    List<String> copied = new ArrayList<>();
    for (String copy : instructions(file, "COPY")) {
      if (!copy.contains("--from=")) {
        List<String> words =
            List.of(copy.split(" +")).stream().filter(word -> !word.startsWith("--")).toList();
        copied.addAll(words.subList(0, words.size() - 1));
      }
    }
    assertThat(copied).contains("deploy/docker/health.sh");
    assertThat(copied).allSatisfy(source -> assertThat(HOME.resolve(source)).exists());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Dockerfile", "Dockerfile.cuda"})
  void processes_have_the_same_environment_as_those_of_the_scripts(String file) throws IOException {
    Map<String, String> image = new TreeMap<>();
    instructions(file, "ENV").forEach(env -> image.putAll(assignments(env)));

    assertThat(image)
        .containsAllEntriesOf(scriptEnvironment())
        .containsEntry("PYTORCH_VERSION", System.getProperty("pytorch.version"))
        // Flink's image would load it, and the MALLOC_ settings would mean nothing.
        .containsEntry("DISABLE_JEMALLOC", "true");
  }

  @Test
  void the_compose_file_is_one_by_the_specification() throws IOException {
    try (InputStream in = ImagesTest.class.getResourceAsStream("/compose/compose-spec.json")) {
      JsonNode schema = Yaml.JSON.readTree(in);
      removeNames(schema);
      assertThat(
              JsonSchemaFactory.getInstance(VersionFlag.V201909)
                  .getSchema(schema)
                  .validate(compose()))
          .isEmpty();
    }
  }

  @Test
  void services_are_pinned_and_depend_on_each_other_only() {
    for (JsonNode service : compose().path("services")) {
      assertThat(service.path("image").asText()).matches(PINNED);
      Iterator<String> others =
          service.path("depends_on").isArray()
              ? texts(service.path("depends_on")).iterator()
              : service.path("depends_on").fieldNames();
      assertThat(others)
          .toIterable()
          .allSatisfy(other -> assertThat(compose().path("services").has(other)).isTrue());
    }
    assertThat(compose().at("/services/kafka/image").asText())
        .isEqualTo("apache/kafka:" + System.getProperty("kafka.version"));
  }

  @Test
  void what_the_services_mount_is_there_and_ports_are_this_machines_only() {
    for (JsonNode service : compose().path("services")) {
      for (String volume : texts(service.path("volumes"))) {
        String source = volume.replaceAll(":.*", "");
        if (source.startsWith(".")) {
          assertThat(DOCKER.resolve(source)).exists();
        } else {
          assertThat(compose().path("volumes").has(source)).as(source).isTrue();
        }
      }
      assertThat(texts(service.path("ports"))).allMatch(port -> port.startsWith("127.0.0.1:"));
    }
  }

  @Test
  void the_jobs_settings_are_flinks_and_millraces_own() {
    for (String service : List.of("jobmanager", "taskmanager")) {
      String lines =
          compose().at("/services/" + service + "/environment/FLINK_PROPERTIES").asText();
      FlinkKeys.assertValid(service, Yaml.settings(lines));
    }
  }

  @Test
  void the_settings_of_a_cluster_of_processes_are_flinks_own() throws IOException {
    FlinkKeys.assertValid(
        "cluster.yaml",
        Yaml.settings(Files.readString(Yaml.DEPLOY.resolve("cluster/cluster.yaml"))));
  }

  /** The schema names its parts with "id", which its own draft calls "$id". */
  private static void removeNames(JsonNode schema) {
    if (schema instanceof ObjectNode object && object.path("id").isTextual()) {
      object.remove("id");
    }
    schema.forEach(ImagesTest::removeNames);
  }

  /** The compose file with its merge keys resolved, as the specification has them. */
  private static JsonNode compose() {
    JsonNode compose = Yaml.document(DOCKER.resolve("compose.yaml"));
    merge(compose);
    return compose;
  }

  private static void merge(JsonNode node) {
    if (node instanceof ObjectNode object && object.has("<<")) {
      JsonNode inherited = object.remove("<<");
      inherited
          .properties()
          .forEach(
              field -> {
                if (!object.has(field.getKey())) {
                  object.set(field.getKey(), field.getValue().deepCopy());
                }
              });
    }
    node.forEach(ImagesTest::merge);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** What {@code environment.sh} exports, unless somebody has said otherwise. */
  private static Map<String, String> scriptEnvironment() throws IOException {
    Map<String, String> environment = new TreeMap<>();
    for (String line : Files.readAllLines(Yaml.DEPLOY.resolve("environment.sh"))) {
      if (line.startsWith("export ")) {
        environment.putAll(assignments(line.replaceAll("\"\\$\\{[A-Z_]+:-(.*?)}\"", "$1")));
      }
    }
    assertThat(environment).hasSizeGreaterThan(5);
    return environment;
  }

  private static Map<String, String> assignments(String line) {
    return ASSIGNMENT
        .matcher(line)
        .results()
        .collect(Collectors.toMap((MatchResult match) -> match.group(1), match -> match.group(2)));
  }

  /** The arguments of every instruction of a kind, with continued lines joined. */
  private static List<String> instructions(String file, String kind) throws IOException {
    String text =
        Files.readString(DOCKER.resolve(file))
            .replaceAll("(?m)^#.*\\n", "")
            .replaceAll("\\\\\\n *", "");
    return text.lines()
        .filter(line -> line.startsWith(kind + " "))
        .map(line -> line.substring(kind.length() + 1))
        .toList();
  }
}
