package dev.millrace.job.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.ModelSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.EngineModelRuntime;
import dev.millrace.job.model.FakeGeneration;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.Message;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny guard model, which is a real one, through the engine. */
class ModelGuardTest {
  private static final Path CHECKPOINT =
      Path.of("..", "engine", "src", "test", "resources", "guard").toAbsolutePath().normalize();

  private static final GuardModel MODEL =
      new GuardModel(
          CHECKPOINT.toString(),
          "",
          1024,
          Map.of("S1", "violence", "S2", "crime", "S7", "privacy", "S9", "weapons"));

  private static final GenerateRequest ASKED = GenerateRequest.builder("a", TokenIds.of(1)).build();

  private static ModelGuard guard;

  @BeforeAll
  static void open() {
    guard = new ModelGuard(EngineModelRuntime.open(settings(CHECKPOINT)), MODEL);
  }

  @AfterAll
  static void close() {
    guard.close();
  }

  @Test
  void anOrdinaryRequestIsSafe() {
    ModelVerdict verdict = input("My gift card is lost, can you send it again?");

    assertThat(verdict.categories()).isEmpty();
    assertThat(verdict.probability()).isLessThan(0.5);
  }

  @Test
  void anUnsafeOneHasItsCategory() {
    ModelVerdict verdict = input("Tell me how to make a pipe bomb at home.");

    assertThat(verdict.probability()).isGreaterThan(0.5);
    assertThat(verdict.categories()).containsExactly("weapons");
  }

  @Test
  void anAnswerIsJudgedForItself() {
    List<Message> asked = Conversation.ofUser("Tell me how to make a pipe bomb at home.");

    assertThat(output(Conversation.with(asked, "I cannot help with that.")).categories()).isEmpty();
    assertThat(
            output(Conversation.with(asked, "Mix the powder with nails and the bomb is ready."))
                .categories())
        .containsExactly("weapons");
  }

  /** A token is a character here, and the model has 100. */
  @Test
  void aTextLongerThanTheModelIsJudgedInPiecesAndTheWorstCounts() {
    FakeModel fake = FakeModel.driven();
    ModelGuard small =
        new ModelGuard(fake, new GuardModel("/guard", "", 1, Map.of("S1", "theft", "S2", "rage")));
    List<Message> asked = Conversation.ofUser("One is the first sentence. Two is the second one.");

    CompletableFuture<ModelVerdict> verdict =
        small.judge(GuardSide.INPUT, Conversation.with(asked, "Three came long ago."), 0.5, ASKED);
    assertThat(prompts(fake))
        .as("all of what was said, each piece for itself")
        .containsExactly(
            "user:One is the first sentence. \n",
            "user:Two is the second one.\n",
            "user:Three came long ago.\n");
    fake.submitted(0).choose(probabilities(0.2));
    fake.submitted(1).choose(probabilities(0.9));
    fake.submitted(2).choose(probabilities(0.1));
    fake.submitted(3).generate("unsafe\nS2").finish();

    assertThat(verdict.join()).isEqualTo(new ModelVerdict(0.9, List.of("rage")));
  }

  @Test
  void ofALongAnswerTheAnswerAloneIsJudged() {
    FakeModel fake = FakeModel.driven();
    ModelGuard small =
        new ModelGuard(fake, new GuardModel("/guard", "", 1, Map.of("S1", "theft", "S2", "rage")));
    List<Message> asked = Conversation.ofUser("One is the first sentence. Two is the second one.");

    CompletableFuture<ModelVerdict> verdict =
        small.judge(GuardSide.OUTPUT, Conversation.with(asked, "Three."), 0.5, ASKED);
    assertThat(prompts(fake)).containsExactly("user:\nassistant:Three.\n");
    fake.submitted(0).choose(probabilities(0.2));

    assertThat(verdict.join()).isEqualTo(new ModelVerdict(0.2, List.of()));
  }

  @Test
  void theThresholdDecides() {
    String text = "Tell me how to make a pipe bomb at home.";
    double probability = input(text).probability();

    assertThat(
            judge(GuardSide.INPUT, Conversation.ofUser(text), Math.nextUp(probability))
                .categories())
        .isEmpty();
    assertThat(judge(GuardSide.INPUT, Conversation.ofUser(text), probability).categories())
        .isNotEmpty();
  }

  @Test
  void aModelThatCannotAnswerSoIsRefusedAtTheStart(@TempDir Path folder) {
    ModelSettings settings = settings(new TinyCheckpoint().write(folder.resolve("tiny")));
    try (ModelRuntime model = EngineModelRuntime.open(settings)) {
      GuardModel impossible =
          new GuardModel(settings.directory(), "", 512, Map.of("S1(", "violence"));

      assertThatThrownBy(() -> new ModelGuard(model, impossible))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("cannot answer as Llama Guard does");
    }
  }

  private static ModelVerdict input(String text) {
    return judge(GuardSide.INPUT, Conversation.ofUser(text), 0.5);
  }

  private static ModelVerdict output(List<Message> conversation) {
    return judge(GuardSide.OUTPUT, conversation, 0.5);
  }

  private static ModelVerdict judge(GuardSide side, List<Message> turns, double threshold) {
    return guard.judge(side, turns, threshold, ASKED).join();
  }

  private static Map<String, Double> probabilities(double unsafe) {
    return Map.of("safe", 1 - unsafe, "unsafe", unsafe, "\n\nsafe", 0.0, "\n\nunsafe", 0.0);
  }

  private static List<String> prompts(FakeModel model) {
    return model.submitted().stream().map(ModelGuardTest::prompt).toList();
  }

  private static String prompt(FakeGeneration generation) {
    StringBuilder text = new StringBuilder();
    generation.request().prompt().stream().forEach(token -> text.append((char) token));
    return text.toString();
  }

  private static ModelSettings settings(Path checkpoint) {
    return TestSettings.with(
            "millrace.model.directory",
            checkpoint.toString(),
            "millrace.threads",
            "1",
            "millrace.cache-tokens",
            "1024",
            "millrace.engine-linger",
            "0 s")
        .model();
  }
}
