package dev.millrace.job.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {
  private static final Path PAGE = Path.of("..", "docs", "configuration.md");

  @Test
  void thePageIsCurrent() throws Exception {
    assertThat(Files.readString(PAGE))
        .as("run ConfigurationPage with docs/configuration.md as its argument")
        .isEqualTo(ConfigurationPage.render());
  }

  @Test
  void everyOptionIsOnThePage() throws Exception {
    List<ConfigOption<?>> declared = new ArrayList<>();
    for (Field field : MillraceOptions.class.getDeclaredFields()) {
      if (field.getType() == ConfigOption.class) {
        declared.add((ConfigOption<?>) field.get(null));
      }
    }

    assertThat(MillraceOptions.all()).containsExactlyInAnyOrderElementsOf(declared);
  }

  @Test
  void everyOptionHasADescriptionAndMillracesPrefix() {
    assertThat(MillraceOptions.all())
        .allSatisfy(
            option -> {
              assertThat(option.key()).startsWith(MillraceOptions.PREFIX);
              assertThat(UnknownKeys.description(option)).isNotBlank();
            });
  }
}
