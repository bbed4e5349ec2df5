package dev.millrace.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.report.Outcomes;
import dev.millrace.job.config.ClusterSettings;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationResult;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page in a real browser, where one is installed. */
@Timeout(180)
class ConsolePageTest {
  private static final String SCRIPT = "<script>window.broken=1</script>";
  private static final String IMAGE = "<img src=x onerror='window.broken=1'>";
  private static final ClusterSettings CLUSTER = ClusterSettings.of("127.0.0.1:1");
  private static final int TAB = 9;
  private static final int ENTER = 13;
  private static final int LEFT = 37;

  private static Chromium browser;

  private final List<ErrorCode> replayed = new CopyOnWriteArrayList<>();
  private long now = 1_795_000_000_000L;
  private final PipelineView view = new PipelineView(() -> now);
  private ConsoleServer server;

  @BeforeAll
  static void startBrowser() throws Exception {
    // Not a folder that JUnit deletes: the browser's processes write to it until the last has
    // ended.
    browser = Chromium.start(Files.createTempDirectory(Path.of("target"), "chromium"));
  }

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void open() throws Exception {
    server =
        ConsoleServer.start(
            ConsoleSettings.local(CLUSTER, Optional.empty(), 0),
            view,
            code -> {
              replayed.add(code);
              return new Replayer.Replayed(2, 0);
            });
    minutesOfWork();
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void itShowsThePipelineInLightAndDark() throws Exception {
    for (String scheme : List.of("light", "dark")) {
      browser.open(server.address(), scheme, 1_280, 1_500);
      browser.await("document.querySelectorAll('#completions li').length > 0");
      assertThat(text("#batch")).isEqualTo("24");
      assertThat(text("#batch-more")).isEqualTo("of 32 that fit");
      assertThat(text("#job")).isEqualTo("millrace demo, running");
      assertThat(text("#connection")).isEqualTo("live");
      assertThat(browser.evaluate("document.querySelectorAll('.chart svg path').length").asInt())
          .isGreaterThan(6);
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
          .as("nothing is wider than the window")
          .isEqualTo(1_280);
      browser.screenshot(Path.of("target", "console-" + scheme + ".png"));
    }
    assertThat(browser.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        .as("dark")
        .hasToString("\"rgb(15, 23, 26)\"");
  }

  @Test
  void aNarrowWindowNeedsNoSidewaysScrolling() throws Exception {
    browser.open(server.address(), "light", 360, 800);
    browser.await("document.querySelectorAll('#completions li').length > 0");
    assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt()).isEqualTo(360);
  }

  @Test
  void whatRecordsHoldIsTextAndNeverRuns() throws Exception {
    browser.open(server.address(), "light", 1_280, 900);
    GenerationResult result = Outcomes.completion(IMAGE, 5);
    result.setText(SCRIPT + IMAGE);
    view.completion(result, true);
    DeadLetter letter = Outcomes.deadLetter(IMAGE);
    letter.setCode(SCRIPT);
    letter.setMessage(IMAGE);
    letter.setValue(ByteBuffer.wrap(IMAGE.getBytes(StandardCharsets.UTF_8)));
    view.deadLetter(letter, true);
    tick();
    browser.await("document.querySelector('#completions .text')?.textContent.includes('<script>')");
    browser.await("document.querySelector('#codes').textContent.includes('<script>')");
    browser.evaluate("document.querySelectorAll('#codes details').forEach(d => d.open = true)");
    browser.await(
        "[...document.querySelectorAll('#codes .prompt')].some(p => p.textContent.includes('<img'))");
    assertThat(browser.evaluate("document.querySelectorAll('main img, main script').length"))
        .hasToString("0");
    assertThat(browser.evaluate("window.broken === undefined").asBoolean()).isTrue();
    assertThat(
            browser
                .evaluate(
                    "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'set'; }"
                        + " catch { return 'refused'; } })()")
                .asText())
        .as("even a mistake in the page's own code could not make markup of text")
        .isEqualTo("refused");
  }

  @Test
  void deadLettersAreReplayedWithTheKeyboardAlone() throws Exception {
    browser.open(server.address(), "light", 1_280, 900);
    browser.await("document.querySelector('#codes button')");
    for (int i = 0; i < 30 && !focused().startsWith("Replay dead letters"); i++) {
      browser.press("Tab", TAB);
    }
    assertThat(focused()).isEqualTo("Replay dead letters with INVALID_TOP_P");
    tick();
    browser.await("document.querySelector('#reading').textContent !== ''");
    assertThat(focused()).as("an update leaves the focus where it is").startsWith("Replay dead");
    browser.press("Enter", ENTER);
    browser.await("document.querySelector('#confirm').open");
    browser.press("Tab", TAB);
    browser.press("Enter", ENTER);
    browser.await("document.querySelector('#announce').textContent === '2 prompts sent again'");
    assertThat(replayed).containsExactly(ErrorCode.INVALID_TOP_P);
  }

  @Test
  void aReplayThatIsNotConfirmedSendsNothing() throws Exception {
    browser.open(server.address(), "light", 1_280, 900);
    browser.await("document.querySelector('#codes button')");
    browser.evaluate("document.querySelector('#codes button').click()");
    browser.await("document.querySelector('#confirm').open");
    browser.press("Escape", 27);
    browser.await("!document.querySelector('#confirm').open");
    assertThat(replayed).isEmpty();
  }

  @Test
  void chartsAreReadWithArrowKeysAndHaveTheirFiguresAsText() throws Exception {
    browser.open(server.address(), "light", 1_280, 900);
    browser.await("document.querySelector('#reading').textContent.startsWith('Now')");
    browser.evaluate("document.querySelector('#chart-tokens').focus()");
    browser.press("ArrowLeft", LEFT);
    browser.await("!document.querySelector('#reading').textContent.startsWith('Now')");
    assertThat(text("#reading")).contains("tokens/s", "first token after");
    String tree = browser.accessibilityTree();
    assertThat(tree)
        .contains(
            "heading Over time",
            "heading Dead letters",
            "heading Completions",
            "button Replay dead letters with INVALID_TOP_P",
            "button Hold the list");
    assertThat(tree).containsPattern("(img|image) Tokens per second: now 96\\d");
  }

  @Test
  void whoKnowsTheTokenLogsInAndStaysLoggedIn() throws Exception {
    try (ConsoleServer guarded =
        ConsoleServer.start(
            new ConsoleSettings(
                CLUSTER,
                Optional.empty(),
                Optional.empty(),
                "127.0.0.1",
                0,
                Optional.of("a token that nobody guesses"),
                Set.of()),
            view,
            code -> new Replayer.Replayed(0, 0))) {
      browser.open(guarded.address(), "light", 1_280, 900);
      logIn("wrong");
      browser.await("document.body.textContent.includes('That is not the token.')");
      logIn("a token that nobody guesses");
      browser.await("document.querySelectorAll('#completions li').length > 0");
      browser.open(guarded.address(), "light", 1_280, 900);
      browser.await("document.querySelector('#connection')?.textContent === 'live'");
      assertThat(browser.evaluate("document.cookie").asText()).as("no script reads it").isEmpty();
    }
  }

  private void logIn(String token) throws Exception {
    browser.await("document.querySelector('#token')");
    browser.evaluate(
        "document.querySelector('#token').value = '%s'; document.forms[0].requestSubmit()"
            .formatted(token));
  }

  @Test
  void aHeldListStaysAsItIs() throws Exception {
    browser.open(server.address(), "light", 1_280, 900);
    browser.await("document.querySelectorAll('#completions li').length === 25");
    browser.evaluate("document.querySelector('#pause').click()");
    view.completion(Outcomes.completion("later", 5), true);
    tick();
    browser.await("document.querySelector('#pause').textContent === 'Go on, 1 new'");
    assertThat(text("#completions")).doesNotContain("later");
    browser.evaluate("document.querySelector('#pause').click()");
    browser.await("document.querySelector('#completions').textContent.includes('later')");
    assertThat(browser.evaluate("document.querySelectorAll('#completions li').length").asInt())
        .as("and never grows")
        .isEqualTo(25);
  }

  @Test
  void aConsoleThatWasAwayIsFoundAgain() throws Exception {
    browser.open(server.address(), "light", 1_280, 900);
    browser.await("document.querySelector('#connection').textContent === 'live'");
    ConsoleSettings again =
        ConsoleSettings.local(CLUSTER, Optional.empty(), server.address().getPort());
    server.close();
    browser.await("document.querySelector('#connection').className === 'lost'");
    server = ConsoleServer.start(again, view, code -> new Replayer.Replayed(0, 0));
    browser.await("document.querySelector('#connection').className === 'live'");
    assertThat(browser.evaluate("document.querySelectorAll('#completions li').length").asInt())
        .isEqualTo(25);
  }

  /** A few minutes of a pipeline, the same at each run. */
  private void minutesOfWork() {
    for (int second = 0; second < 400; second++) {
      double wave = Math.sin(second / 25.0);
      view.promptsEnd(second * 12L);
      view.engine(
          new EngineFigures(
              "millrace demo",
              "RUNNING",
              2,
              Map.of(
                  "pendingRecords",
                  60 + 40 * wave,
                  "inFlight",
                  40.0,
                  "engine.waitingRequests",
                  8 + 6 * wave,
                  "engine.runningRequests",
                  24.0,
                  "engine.maxRunningRequests",
                  32.0,
                  "engine.kvCacheUsedTokens",
                  6_000 + 1_000 * wave,
                  "engine.kvCacheTokens",
                  8_192.0,
                  "engine.generatedTokens",
                  960.0 * second)));
      view.completion(completion("summarise-" + second), true);
      view.latency(Outcomes.latency("a", 900 + 300 * wave));
      if (second % 90 == 60) {
        view.deadLetter(Outcomes.deadLetter("letter-" + second), true);
      }
      tick();
    }
  }

  private static GenerationResult completion(String id) {
    GenerationResult result = Outcomes.completion(id, 40);
    result.setText(
        "The customer reports that the pump stopped after a software update; a reset helped for a day.");
    return result;
  }

  private void tick() {
    now += 1_000;
    view.tick();
  }

  private String text(String selector) throws Exception {
    return browser.evaluate("document.querySelector('" + selector + "').textContent").asText();
  }

  private String focused() throws Exception {
    return browser
        .evaluate(
            "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''")
        .asText();
  }
}
