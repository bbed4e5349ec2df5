package dev.millrace.it.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The manifests of {@code deploy/kubernetes}, held to the Flink operator's own CRD and to
 * Kubernetes' types, with no field that those do not know.
 */
class KubernetesManifestsTest {
  private static final Path KUBERNETES = Yaml.DEPLOY.resolve("kubernetes");
  private static final String CRD = "/META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml";
  private static final Map<String, Class<?>> KINDS =
      Map.of(
          "v1/ServiceAccount", ServiceAccount.class,
          "v1/Secret", Secret.class,
          "v1/ConfigMap", ConfigMap.class,
          "v1/PersistentVolumeClaim", PersistentVolumeClaim.class,
          "batch/v1/Job", Job.class,
          "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class,
          "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
          "rbac.authorization.k8s.io/v1/Role", Role.class,
          "rbac.authorization.k8s.io/v1/RoleBinding", RoleBinding.class);

  /** Kubernetes' types keep what they do not know; here they may not. */
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return false;
                }
              })
          .build();

  static Stream<JsonNode> resources() {
    return Yaml.files(KUBERNETES).stream()
        .filter(file -> !file.endsWith("kustomization.yaml"))
        .flatMap(file -> Yaml.documents(file).stream());
  }

  @ParameterizedTest
  @MethodSource("resources")
  void every_resource_has_only_fields_that_its_kind_knows(JsonNode resource) throws IOException {
    String kind = resource.path("apiVersion").asText() + "/" + resource.path("kind").asText();
    if (kind.equals("flink.apache.org/v1beta1/FlinkDeployment")) {
      assertThat(deploymentSchema().validate(resource)).isEmpty();
    } else {
      assertThat(KINDS).containsKey(kind);
      assertThat(STRICT.treeToValue(resource, KINDS.get(kind))).isNotNull();
    }
  }

  @Test
  void a_field_that_nobody_knows_would_be_found() throws IOException {
    ObjectNode deployment = deployment("cpu").deepCopy();
    ((ObjectNode) deployment.path("spec").path("taskManager")).put("memroy", "1g");

    assertThat(deploymentSchema().validate(deployment)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void pod_templates_are_kubernetes_own(String form) throws IOException {
    JsonNode spec = deployment(form).path("spec");

    for (JsonNode template :
        List.of(spec.path("podTemplate"), spec.at("/taskManager/podTemplate"))) {
      if (!template.isMissingNode()) {
        assertThat(STRICT.treeToValue(template, PodTemplateSpec.class)).isNotNull();
      }
    }
    assertThat(spec.at("/podTemplate/spec/securityContext/runAsNonRoot").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void settings_are_flinks_and_millraces_own(String form) {
    FlinkKeys.assertValid(form, configuration(form));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "gpu"})
  void versions_are_those_that_millrace_is_built_with(String form) {
    JsonNode spec = deployment(form).path("spec");
    String minor = System.getProperty("flink.version").replaceAll("^(\\d+)\\.(\\d+).*", "$1_$2");

    assertThat(spec.path("flinkVersion").asText()).isEqualTo("v" + minor);
    assertThat(spec.at("/job/jarURI").asText())
        .endsWith("/flink-job-" + System.getProperty("millrace.version") + ".jar");
  }

  @Test
  void the_gpu_is_asked_for_once_for_each_process() {
    Map<String, String> gpu = configuration("gpu");

    assertThat(gpu)
        .containsEntry("external-resource.gpu.kubernetes.config-key", "nvidia.com/gpu")
        .containsEntry("external-resource.gpu.amount", "1")
        .containsEntry("millrace.device", "cuda");
  }

  @Test
  void task_managers_have_room_for_what_their_settings_take() {
    for (String form : List.of("cpu", "gpu")) {
      JsonNode resource = deployment(form).at("/spec/taskManager/resource");
      int offHeap = gigabytes(configuration(form).get("taskmanager.memory.task.off-heap.size"));

      // The rest is the JVM's: heap, metaspace, network, overhead.
      assertThat(gigabytes(resource.path("memory").asText())).isGreaterThanOrEqualTo(offHeap + 4);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "cpu", "gpu"})
  void a_kustomization_lists_every_file_beside_it(String folder) {
    JsonNode kustomization = Yaml.document(KUBERNETES.resolve(folder + "/kustomization.yaml"));
    Set<Path> listed = new HashSet<>();
    for (JsonNode resource : kustomization.path("resources")) {
      Path path = KUBERNETES.resolve(folder).resolve(resource.asText()).normalize();
      assertThat(path).exists();
      listed.add(path);
    }
    assertThat(listed)
        .containsAll(
            Yaml.files(KUBERNETES.resolve(folder)).stream()
                .filter(file -> !file.endsWith("kustomization.yaml"))
                .toList());
  }

  @Test
  void the_script_that_makes_topics_is_the_one_of_the_compose_file() throws IOException {
    JsonNode scripts = Yaml.document(KUBERNETES.resolve("base/topics.yaml")).path("data");

    assertThat(scripts.path("topics.sh").asText())
        .isEqualTo(Files.readString(Yaml.DEPLOY.resolve("docker/topics.sh")));
  }

  private static JsonNode deployment(String form) {
    return Yaml.document(KUBERNETES.resolve(form + "/flinkdeployment.yaml"));
  }

  private static Map<String, String> configuration(String form) {
    return Yaml.JSON.convertValue(
        deployment(form).at("/spec/flinkConfiguration"),
        Yaml.JSON.getTypeFactory().constructMapType(Map.class, String.class, String.class));
  }

  private static int gigabytes(String size) {
    assertThat(size).matches("\\d+g");
    return Integer.parseInt(size.replace("g", ""));
  }

  /** The operator's schema; what it does not name is refused. */
  private static JsonSchema deploymentSchema() throws IOException {
    try (InputStream in = KubernetesManifestsTest.class.getResourceAsStream(CRD);
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      Object crd = new Load(LoadSettings.builder().build()).loadFromReader(reader);
      JsonNode schema = Yaml.JSON.valueToTree(crd).at("/spec/versions/0/schema/openAPIV3Schema");
      close(schema);
      ObjectNode version = (ObjectNode) schema.at("/properties/spec/properties/flinkVersion");
      // The newest of the operator's API on Maven Central was made before Flink 2.
      version.remove("enum");
      ObjectNode top = (ObjectNode) schema.path("properties");
      top.putObject("metadata").put("type", "object");
      top.putObject("apiVersion").put("type", "string");
      top.putObject("kind").put("type", "string");
      return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(schema);
    }
  }

  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode object
        && object.path("properties").isObject()
        && !object.has("additionalProperties")
        && !object.has("x-kubernetes-preserve-unknown-fields")) {
      object.put("additionalProperties", false);
    }
    schema.forEach(KubernetesManifestsTest::close);
  }
}
