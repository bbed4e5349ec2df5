package dev.millrace.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientSecretsTest {
  private static final String PREFIX = MillraceOptions.KAFKA_PREFIX;
  private static final ClientSecrets NONE = new ClientSecrets("", "");

  @Test
  void settingsWithoutSecretsStayAsTheyAre() {
    Map<String, String> plain = Map.of("security.protocol", "SSL", "ssl.truststore.type", "PEM");

    assertThat(NONE.provideFor(PREFIX, plain)).isEqualTo(plain);
  }

  @Test
  void aSecretInAFileIsReadOnlyInTheAllowedFolders() {
    assertThat(
            new ClientSecrets("/run/secrets", "")
                .provideFor(PREFIX, Map.of("sasl.jaas.config", "${file:/run/secrets/kafka:jaas}")))
        .containsEntry("config.providers", "file")
        .containsEntry("config.providers.file.param.allowed.paths", "/run/secrets")
        .containsEntry(
            "config.providers.file.class",
            "org.apache.kafka.common.config.provider.FileConfigProvider");
  }

  @Test
  void aSecretInTheEnvironmentIsReadOnlyFromVariablesThatMatch() {
    assertThat(
            new ClientSecrets("", "KAFKA_.*")
                .provideFor(PREFIX, Map.of("ssl.key.password", "${env:KAFKA_KEY_PASSWORD}")))
        .containsEntry("config.providers", "env")
        .containsEntry("config.providers.env.param.allowlist.pattern", "KAFKA_.*");
  }

  @ParameterizedTest
  @CsvSource({
    "${file:/etc/passwd:root}, millrace.secrets.directories",
    "${directory:/etc:passwd}, millrace.secrets.directories",
    "${env:HOME}, millrace.secrets.variables"
  })
  void aPlaceThatNobodyAllowedIsRefused(String value, String option) {
    assertThatThrownBy(() -> NONE.provideFor(PREFIX, Map.of("client.id", value)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(option + " is not set");
  }

  @ParameterizedTest
  @CsvSource({
    "ssl.key.password, hush",
    "ssl.keystore.password, hush",
    "ssl.keystore.key, -----BEGIN PRIVATE KEY-----",
    "sasl.oauthbearer.client.credentials.client.secret, hush",
    "sasl.jaas.config, 'X required username=\"u\" password=\"hush\";'",
    "sasl.jaas.config, X required clientSecret=hush;"
  })
  void aSecretInPlainIsRefusedWithoutRepeatingIt(String key, String value) {
    assertThatThrownBy(() -> NONE.provideFor(PREFIX, Map.of(key, value)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.kafka." + key + " holds a secret in plain")
        .hasMessageNotContaining("hush");
  }

  @Test
  void aLoginModuleWhoseOptionsOnlyNameSecretsIsTaken() {
    String login = "X required username=\"u\" password=\"${env:KAFKA_PASSWORD}\";";

    assertThat(
            new ClientSecrets("", "KAFKA_.*").provideFor(PREFIX, Map.of("sasl.jaas.config", login)))
        .containsEntry("sasl.jaas.config", login);
  }

  @Test
  void providersOfTheUsersOwnAreLeftAlone() {
    Map<String, String> own =
        Map.of("config.providers", "vault", "sasl.jaas.config", "${vault:kafka:jaas}");

    assertThat(NONE.provideFor(PREFIX, own)).isEqualTo(own);
  }
}
