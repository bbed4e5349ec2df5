package dev.millrace.job.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import org.apache.logging.log4j.core.LoggerContext;
import org.junit.jupiter.api.Test;

class JsonLogTest {
  @Test
  void theLogConfigurationOfDeployWritesOneJsonObjectPerLine() throws Exception {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(console, true, UTF_8));
    try (LoggerContext logging = new LoggerContext("json")) {
      logging.setConfigLocation(
          Path.of(
                  System.getProperty("millrace.home"),
                  "deploy/observability/log4j2-json.properties")
              .toUri());
      logging.start();
      logging.getLogger("dev.millrace").warn("two\nlines", new IllegalStateException("why"));
    } finally {
      System.setOut(before);
    }

    assertThat(console.toString(UTF_8).lines()).hasSize(1);
    JsonNode line = new ObjectMapper().readTree(console.toString(UTF_8));
    assertThat(line.path("message").asText()).isEqualTo("two\nlines");
    assertThat(line.path("log.level").asText()).isEqualTo("WARN");
    assertThat(line.path("error.message").asText()).isEqualTo("why");
  }
}
