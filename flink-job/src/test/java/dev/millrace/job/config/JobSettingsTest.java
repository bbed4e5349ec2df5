package dev.millrace.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Tenant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobSettingsTest {
  @Test
  void twoKeysAreEnough() {
    JobSettings settings = TestSettings.defaults();

    assertThat(settings.model().name()).as("the directory's own name").isEqualTo("llama");
    assertThat(settings.kafka().delivery()).isEqualTo(Delivery.EXACTLY_ONCE);
    assertThat(settings.kafka().transactionTimeout())
        .as("a default broker's maximum")
        .isEqualTo(Duration.ofMinutes(15));
    assertThat(settings.kafka().topics().deadLetters()).isEqualTo("prompts-dead-letter");
  }

  @Test
  void everySettingArrives() {
    Configuration config = TestSettings.minimal();
    config.setString("millrace.model.name", "m");
    config.setString("millrace.device", "cuda:1");
    config.setString("millrace.precision", "bfloat16");
    config.setString("millrace.cache-tokens", "4096");
    config.setString("millrace.delivery", "at-least-once");
    config.setString("millrace.start-from", "latest");
    config.setString("millrace.bounded", "true");
    config.setString("millrace.max-record-size", "5 mb");
    config.setString("millrace.kafka.security.protocol", "SASL_SSL");
    JobSettings settings = JobSettings.from(config);

    assertThat(settings.model().engineOptions().device().toString()).isEqualTo("cuda:1");
    assertThat(settings.model().cacheTokens()).isEqualTo(4096);
    assertThat(settings.kafka().delivery()).isEqualTo(Delivery.AT_LEAST_ONCE);
    assertThat(settings.kafka().startFrom()).isEqualTo(StartFrom.LATEST);
    assertThat(settings.kafka().bounded()).isTrue();
    assertThat(settings.defaults().maxRecordBytes()).isEqualTo(5 << 20);
    assertThat(settings.kafka().clientProperties())
        .isEqualTo(Map.of("security.protocol", "SASL_SSL"));
    assertThat(settings.kafka().properties())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("bootstrap.servers", "localhost:9092");
  }

  @Test
  void tenantsHaveTheShareTheyAreGivenOrOne() {
    TenantSettings tenants =
        TestSettings.with(
                "millrace.tenant.attribute", "customer", "millrace.tenant.shares.big", "3")
            .tenants();

    assertThat(tenants.tenantOf(Map.of("customer", "big"))).isEqualTo(new Tenant("big", 3));
    assertThat(tenants.tenantOf(Map.of("customer", "small"))).isEqualTo(new Tenant("small", 1));
    assertThat(tenants.tenantOf(Map.of())).isEqualTo(Tenant.ANYBODY);
  }

  @Test
  void sharesAndLimitsOutOfRangeStopTheStart() {
    assertRefused("millrace.tenant.shares.a", "0", "millrace.tenant.shares.a: '0' must be");
    assertRefused("millrace.tenant.shares.a", "some", "'some' must be a number");
    assertRefused("millrace.failure-budget.share", "1.5", "1.5 must be 0 (no limit)");
    assertRefused("millrace.failure-budget.minimum", "0", "0 must be 1 or greater");
    assertRefused("millrace.reuse.time-to-live", "0 s", "must be longer than 0");
    assertRefused("millrace.reuse.max-results", "0", "0 must be 1 or greater");
  }

  @Test
  void anUnknownKeyStopsTheStartAndIsNamedWithTheLikelyOne() {
    assertRefused(
        "millrace.cache-token",
        "10",
        "millrace.cache-token",
        "did you mean millrace.cache-tokens?");
  }

  @Test
  void otherKeysAreNoneOfMillracesBusiness() {
    Configuration config = TestSettings.minimal();
    config.setString("taskmanager.numberOfTaskSlots", "2");

    assertThat(JobSettings.from(config)).isNotNull();
  }

  @Test
  void anImpossibleValueStopsTheStartAndIsNamed() {
    assertRefused("millrace.threads", "many", "millrace.threads", "many");
    assertRefused("millrace.threads", "-1", "millrace.threads", "-1");
    assertRefused("millrace.device", "tpu", "millrace.device", "tpu");
    assertRefused("millrace.precision", "int4", "millrace.precision", "int4");
    assertRefused("millrace.delivery", "never", "millrace.delivery", "never");
    assertRefused("millrace.start-from", "middle", "millrace.start-from", "middle");
    assertRefused("millrace.default-max-tokens", "0", "millrace.default-max-tokens", "0");
    assertRefused("millrace.default-temperature", "NaN", "millrace.default-temperature", "NaN");
    assertRefused("millrace.default-top-p", "1.5", "millrace.default-top-p", "1.5");
    assertRefused("millrace.transaction-timeout", "0 s", "millrace.transaction-timeout");
    assertRefused("millrace.max-record-size", "0 b", "millrace.max-record-size");
    assertRefused("millrace.topics.latency", "completions", "millrace.topics", "completions");
    assertRefused("millrace.adapters-sha256.legal", "abc", "64 hexadecimal digits each");
    assertRefused("millrace.registry.url", "registry:8081", "'registry:8081' must be a URL");
    assertRefused("millrace.registry.url", "http://u:p@host", "'http://...@host' must be a URL");
    assertRefused("millrace.registry.subjects", "record", "millrace.registry.subjects", "record");
  }

  @Test
  void aMissingKeyIsNamedWithItsMeaning() {
    assertThatThrownBy(() -> JobSettings.from(new Configuration()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.model.directory is not set")
        .hasMessageContaining("Hugging Face");
  }

  @Test
  void aTaskForAnotherModelStopsTheStart(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("tasks.yaml"),
            "{tasks: {a: {version: 1, kind: generate, model: other, prompt: '{{ x }}'}}}");

    assertRefused("millrace.tasks", file.toString(), "task 'a'", "'other'", "'llama'");
    assertRefused("millrace.tasks", "/does/not/exist", "no task file /does/not/exist");
  }

  @Test
  void argumentsWinOverTheFile(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            millrace:
              device: cpu
              model.name: from-file
            """);
    Configuration config =
        ProgramArguments.parse("-Dmillrace.model.name=direct", "--config", file.toString());

    assertThat(config.toMap())
        .containsEntry("millrace.model.name", "direct")
        .containsEntry("millrace.device", "cpu");
  }

  @Test
  void anArgumentThatIsNotUnderstoodIsNamed() {
    assertThatThrownBy(() -> ProgramArguments.parse("--modle", "x"))
        .hasMessageContaining("--modle");
    assertThatThrownBy(() -> ProgramArguments.parse("--config", "/does/not/exist"))
        .hasMessageContaining("/does/not/exist");
  }

  private static void assertRefused(String key, String value, String... words) {
    Configuration config = TestSettings.minimal();
    config.setString(key, value);

    assertThatThrownBy(() -> JobSettings.from(config))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll(words);
  }
}
