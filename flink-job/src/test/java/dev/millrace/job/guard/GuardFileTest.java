package dev.millrace.job.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.ModelSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.schema.GuardSide;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardFileTest {
  private static final String FILE =
      """
      model:
        directory: /models/guard
        sha256: %s
        cache_tokens: 4096
        categories: {S1: weapons, S2: theft}
      guards:
        default:
          rules:
            - {name: card, shape: credit_card, action: redact, mask: "[a card]"}
            - {name: project, pattern: "(?i)project\\\\s+heron", category: secret, where: output, action: block}
            - {name: mail, shape: email, where: input, action: flag}
          model: {where: input, threshold: 0.7, block: [weapons]}
          on_failure: pass
        lenient:
          model: {}
      """
          .formatted("ab".repeat(32));

  @Test
  void everythingInAFileArrives() {
    Guards guards = guards(FILE);

    GuardModel model = guards.model().orElseThrow();
    assertThat(model.directory()).isEqualTo("/models/guard");
    assertThat(model.sha256()).isEqualTo("ab".repeat(32));
    assertThat(model.cacheTokens()).isEqualTo(4096);
    assertThat(model.categories()).containsEntry("S2", "theft");
    GuardPolicy guard = guards.of(Optional.empty()).orElseThrow();
    assertThat(guard.name()).isEqualTo("default");
    assertThat(guard.rules(GuardSide.INPUT)).extracting(Rule::name).containsExactly("card", "mail");
    assertThat(guard.rules(GuardSide.OUTPUT))
        .extracting(Rule::name)
        .containsExactly("card", "project");
    assertThat(guard.rules())
        .extracting(Rule::category)
        .containsExactly("credit_card", "secret", "email");
    assertThat(guard.rules()).extracting(Rule::mask).contains("[a card]", "[email]");
    assertThat(guard.model()).contains(new ModelCheck(Sides.INPUT, 0.7, Set.of("weapons")));
    assertThat(guard.onFailure()).isEqualTo(OnFailure.PASS);
  }

  @Test
  void whatIsLeftOutIsStrict() {
    GuardPolicy lenient =
        guards(FILE).all().stream().filter(g -> g.name().equals("lenient")).findAny().orElseThrow();

    assertThat(lenient.model())
        .contains(new ModelCheck(Sides.BOTH, 0.5, Set.of("weapons", "theft")));
    assertThat(lenient.onFailure()).isEqualTo(OnFailure.BLOCK);
  }

  @Test
  void everyMistakeIsNamedWithItsLineAndKey() {
    String mistaken =
        """
        model: {directory: /m, sha256: abc, cach_tokens: 5}
        guards:
          none:
            rules: [{name: a, shape: passport, action: block}]
          default:
            rules:
              - {name: b, pattern: "(?=x)", action: block}
              - {name: b, pattern: "x*", action: hide}
              - {name: c, shape: email, pattern: x, action: flag, mask: "#"}
            model: {where: before, threshold: 1.5, block: [violence]}
            on_fail: pass
          empty: {}
        """;

    assertThatThrownBy(() -> guards(mistaken))
        .isInstanceOf(GuardFileException.class)
        .hasMessageContaining("line 1: model.sha256: must be 64 hexadecimal digits")
        .hasMessageContaining("line 1: model.cach_tokens: unknown key, did you mean cache_tokens?")
        .hasMessageContaining("line 4: guards.none: is what a task says that wants no guard")
        .hasMessageContaining("line 4: guards.none.rules[0].shape: 'passport' is none of")
        .hasMessageContaining("line 7: guards.default.rules[0].pattern: is no pattern of RE2")
        .hasMessageContaining("line 8: guards.default.rules[1].name: a rule of this name")
        .hasMessageContaining("line 8: guards.default.rules[1].pattern: matches an empty text")
        .hasMessageContaining("line 8: guards.default.rules[1].action: 'hide' is none of")
        .hasMessageContaining("line 9: guards.default.rules[2]: needs a shape")
        .hasMessageContaining("line 9: guards.default.rules[2].mask: is for rules that redact")
        .hasMessageContaining("line 10: guards.default.model.where: 'before' is none of")
        .hasMessageContaining("line 10: guards.default.model.threshold: 1.5 must be greater than 0")
        .hasMessageContaining("line 10: guards.default.model.block: 'violence' is none of")
        .hasMessageContaining("line 11: guards.default.on_fail: unknown key")
        .hasMessageContaining("line 12: guards.empty: looks for nothing");
  }

  @Test
  void aGuardThatAsksNeedsAModel() {
    assertThatThrownBy(() -> guards("guards: {default: {model: {where: input}}}"))
        .hasMessageContaining("guards.default.model: there is no model to ask");
  }

  @Test
  void aModelThatNoGuardAsksIsNotLoaded() {
    String unasked =
        """
        model: {directory: /m}
        guards:
          default: {rules: [{name: a, pattern: x, action: flag}]}
        """;

    assertThat(guards(unasked).model()).isEmpty();
    assertThat(TestSettings.withGuard(unasked).models()).hasSize(1);
  }

  @Test
  void theJobsOwnModelIsNotLoadedTwice() {
    ModelSettings job = TestSettings.defaults().model();
    String own = FILE.replace("/models/guard", "/models/../models/llama");

    assertThat(TestSettings.withGuard(own.replaceAll("  sha256: .*\n", "")).models())
        .containsExactly(job);
    assertThatThrownBy(() -> TestSettings.withGuard(own).models())
        .as("what the guard file pins must hold there, too")
        .hasMessageContaining("millrace.model.sha256");
    assertThat(TestSettings.withGuard(FILE).models())
        .extracting(ModelSettings::directory)
        .as("the guard's first: the job's own takes the memory that is left")
        .containsExactly("/models/guard", job.directory());
  }

  @Test
  void aChangeOfWhatAGuardSaysShowsInItsStamp() {
    assertThat(stamp(FILE)).isEqualTo(stamp(FILE + "# a comment\n"));
    assertThat(stamp(FILE.replace("0.7", "0.8"))).isNotEqualTo(stamp(FILE));
    assertThat(stamp(FILE.replace("S2: theft", "S3: theft"))).isNotEqualTo(stamp(FILE));
  }

  @Test
  void theFileTravelsToTheTaskManagers() throws Exception {
    GuardFile file = new GuardFile("guard.yaml", FILE);

    GuardFile arrived = InstantiationUtil.clone(file);

    assertThat(arrived.guards().all()).hasSize(2);
  }

  @Test
  void aTaskThatWantsAGuardThatIsNotThereIsNamed(@TempDir Path folder) throws Exception {
    Path tasks = folder.resolve("tasks.yaml");
    Files.writeString(
        tasks, "tasks: {t: {kind: generate, version: 1, prompt: \"{{ x }}\", guard: lenent}}");
    Path guard = Files.writeString(folder.resolve("guard.yaml"), FILE);

    assertThatThrownBy(() -> TestSettings.with("millrace.tasks", tasks.toString()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(
            "task 't' wants the guard 'lenent', but millrace.guard.file is not set");
    assertThatThrownBy(
            () ->
                TestSettings.with(
                    "millrace.tasks", tasks.toString(), "millrace.guard.file", guard.toString()))
        .hasMessageContaining("did you mean lenient?");
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> TestSettings.with("millrace.guard.file", "/no/guard.yaml"))
        .hasMessageContaining("there is no guard file /no/guard.yaml");
  }

  @Test
  void theTemplateInDeployHasNoMistake() {
    Guards guards = GuardFile.read(Path.of("..", "deploy", "guard", "guard.yaml")).guards();

    assertThat(guards.of(Optional.empty())).isPresent();
  }

  private static Guards guards(String yaml) {
    return new GuardFile("guard.yaml", yaml).guards();
  }

  private static List<String> stamp(String yaml) {
    return guards(yaml).all().stream().map(GuardPolicy::stamp).toList();
  }
}
