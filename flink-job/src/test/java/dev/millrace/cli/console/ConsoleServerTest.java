package dev.millrace.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.report.Outcomes;
import dev.millrace.job.config.ClusterSettings;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ConsoleServerTest {
  private static final String TOKEN = "a token that nobody guesses";
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final String HTML = "<img src=x onerror=alert(1)>";

  private final PipelineView view = new PipelineView(System::currentTimeMillis);
  private final List<ErrorCode> replayed = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : open) {
      resource.close();
    }
  }

  @Test
  void thePageNeedsNothingFromElsewhereAndMayRunNothingElse() throws Exception {
    RawHttp http = http(start(Optional.empty()));
    RawHttp.Answer page = http.get("/");
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.headers().get("content-security-policy"))
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe", "*", "http");
    assertThat(page.headers()).containsEntry("x-content-type-options", "nosniff");
    assertThat(page.body()).doesNotContain("http://", "https://", "{{");
    Matcher resource = Pattern.compile("(?:src|href)=\"(/[^\"]+)\"").matcher(page.body());
    assertThat(resource.results().map(found -> found.group(1)))
        .containsExactlyInAnyOrder("/icon.svg", "/console.css", "/console.js")
        .allSatisfy(path -> assertThat(http.get(path).status()).isEqualTo(200));
    assertThat(http.get("/console.js").body())
        .doesNotContain("innerHTML", "insertAdjacentHTML", "document.write", "eval(");
  }

  @Test
  void aPageGetsWhatHappensAsItHappens() throws Exception {
    ConsoleServer server = start(Optional.empty());
    try (Socket socket = http(server).open("GET", "/events", "")) {
      BufferedReader events = RawHttp.reader(socket);
      view.completion(completion("a", HTML), true);
      view.tick();
      JsonNode first = update(events);
      assertThat(first.at("/completions/0/text").asText()).isEqualTo(HTML);
      assertThat(first.path("fresh").asBoolean()).isTrue();

      view.deadLetter(Outcomes.deadLetter("b"), true);
      view.tick();
      JsonNode second = update(events);
      assertThat(second.path("completions")).isEmpty();
      assertThat(second.at("/deadLetters/0/id").asText()).isEqualTo("b");
      assertThat(second.at("/codes/0/code").asText()).isEqualTo("INVALID_TOP_P");
    }
  }

  @Test
  void textInAnAnswerIsNeverMarkup() throws Exception {
    RawHttp http = http(start(Optional.empty()));
    assertThat(http.get("/" + HTML.replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")))
        .satisfies(
            answer -> {
              assertThat(answer.status()).isEqualTo(404);
              assertThat(answer.headers().get("content-type")).startsWith("text/plain");
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.example", "evil.example:80", "127.0.0.1.evil.example", ""})
  void aPageUnderAnotherNameOfThisHostGetsNothing(String host) throws Exception {
    RawHttp http = http(start(Optional.empty()));
    RawHttp.Answer answer = http.get("/", "Host: " + host);
    assertThat(answer.status()).isIn(400, 421);
    assertThat(answer.body()).doesNotContain("page-secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1:8090", "[::1]:8090", "Console.Example:443"})
  void itIsReachedByAddressesLocalhostAndTheNamesItWasTold(String host) throws Exception {
    RawHttp http = http(start(Optional.empty()));
    assertThat(http.get("/", "Host: " + host).status()).isEqualTo(200);
  }

  @Test
  void aReplayFromThePageIsDoneAndToldToEveryPage() throws Exception {
    RawHttp http = http(start(Optional.empty()));
    RawHttp.Answer answer = replay(http, "{\"code\":\"UNKNOWN_MODEL\"}", own(http), secret(http));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"sent\":3,\"passedOver\":1}");
    assertThat(replayed).containsExactly(ErrorCode.UNKNOWN_MODEL);
    view.tick();
    assertThat(view.after(0, Duration.ofSeconds(1)).orElseThrow().replay())
        .extracting(Update.ReplayLine::code, Update.ReplayLine::sent)
        .containsExactly("UNKNOWN_MODEL", 3L);
  }

  @Test
  void aReplayFromAnywhereElseIsRefused() throws Exception {
    RawHttp http = http(start(Optional.empty()));
    String body = "{\"code\":\"UNKNOWN_MODEL\"}";
    assertThat(replay(http, body, "Origin: http://evil.example", secret(http)).status())
        .as("another site that somehow knows the secret")
        .isEqualTo(403);
    assertThat(replay(http, body, own(http), "X-Millrace-Console: guessed").status())
        .isEqualTo(403);
    assertThat(http.post("/replay", body, own(http)).status()).isEqualTo(403);
    assertThat(http.post("/replay", body, secret(http)).status()).as("no origin").isEqualTo(403);
    assertThat(http.get("/replay?code=UNKNOWN_MODEL", own(http), secret(http)).status())
        .isEqualTo(404);
    assertThat(replayed).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"code\":\"NO_SUCH_CODE\"}", "{}", "[", "", "{\"code\":{}}"})
  void aReplayOfWhatIsNoCodeIsRefused(String body) throws Exception {
    RawHttp http = http(start(Optional.empty()));
    assertThat(replay(http, body, own(http), secret(http)).status()).isEqualTo(400);
    assertThat(replayed).isEmpty();
  }

  @Test
  void aLongBodyIsNotRead() throws Exception {
    RawHttp http = http(start(Optional.empty()));
    String body = "{\"code\":\"UNKNOWN_MODEL\"," + " ".repeat(10_000) + "}";
    assertThat(replay(http, body, own(http), secret(http)).status()).isEqualTo(400);
    assertThat(replayed).isEmpty();
  }

  @Test
  void oneReplayRunsAtATimeAndAFailureSaysWhy() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    RawHttp http =
        http(
            start(
                Optional.empty(),
                code -> {
                  begun.countDown();
                  await(end);
                  throw new IllegalStateException("no broker");
                }));
    String[] headers = {own(http), secret(http)};
    List<RawHttp.Answer> first = new CopyOnWriteArrayList<>();
    Thread replay =
        new Thread(
            () -> {
              try {
                first.add(replay(http, "{\"code\":\"UNKNOWN_MODEL\"}", headers));
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    replay.start();
    await(begun);
    assertThat(replay(http, "{\"code\":\"UNKNOWN_MODEL\"}", headers).status()).isEqualTo(409);
    end.countDown();
    replay.join();
    assertThat(first)
        .singleElement()
        .satisfies(
            answer -> {
              assertThat(answer.status()).isEqualTo(502);
              assertThat(answer.body()).contains("no broker");
            });
  }

  @Test
  void withoutTheTokenThereIsOnlyTheLogin() throws Exception {
    RawHttp http = http(start(Optional.of(TOKEN)));
    assertThat(http.get("/").body()).contains("token").doesNotContain("page-secret");
    assertThat(http.get("/events").status()).isEqualTo(401);
    assertThat(http.get("/console.js").status()).isEqualTo(401);
    assertThat(replay(http, "{\"code\":\"UNKNOWN_MODEL\"}", own(http)).status()).isEqualTo(401);
    assertThat(http.get("/events", "Authorization: Bearer wrong").status()).isEqualTo(401);
    assertThat(http.get("/events", "Cookie: millrace-console=guessed").status()).isEqualTo(401);
    assertThat(replayed).isEmpty();
  }

  @Test
  void theTokenOpensASessionThatScriptsAndOtherSitesCannotUse() throws Exception {
    RawHttp http = http(start(Optional.of(TOKEN)));
    RawHttp.Answer wrong = http.post("/login", "token=wrong", own(http));
    assertThat(wrong.headers()).doesNotContainKey("set-cookie");

    RawHttp.Answer right = http.post("/login", "token=" + TOKEN.replace(' ', '+'), own(http));
    assertThat(right.status()).isEqualTo(303);
    String cookie = right.headers().get("set-cookie");
    assertThat(cookie).contains("HttpOnly", "SameSite=Strict").doesNotContain(TOKEN);
    String session = "Cookie: other=1; " + cookie.substring(0, cookie.indexOf(';'));
    assertThat(http.get("/", session).body()).contains("page-secret");
    assertThat(http.get("/", "Authorization: Bearer " + TOKEN).body()).contains("page-secret");
  }

  @Test
  void anotherSiteCannotLogAnyoneIn() throws Exception {
    RawHttp http = http(start(Optional.of(TOKEN)));
    String form = "token=" + TOKEN.replace(' ', '+');
    assertThat(http.post("/login", form, "Origin: http://evil.example").headers())
        .doesNotContainKey("set-cookie");
    assertThat(http.post("/login", form).headers()).doesNotContainKey("set-cookie");
  }

  @Test
  void behindAProxyWithTlsTheSessionNeverTravelsWithout() throws Exception {
    RawHttp http = http(start(Optional.of(TOKEN)));
    RawHttp.Answer right =
        http.post(
            "/login",
            "token=" + TOKEN.replace(' ', '+'),
            "Host: console.example",
            "Origin: https://console.example");
    assertThat(right.headers().get("set-cookie")).endsWith("; Secure");
  }

  @Test
  void onAnAddressThatOthersReachATokenIsRequired() {
    ConsoleSettings settings = settings("0.0.0.0", Optional.empty());
    assertThatThrownBy(() -> ConsoleServer.start(settings, view, this::replay))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("give it a token");
  }

  @Test
  void aPageThatTakesNothingIsCutAndTheOthersGoOnMeanwhile() throws Exception {
    AtomicLong nanos = new AtomicLong();
    ConsoleServer server =
        ConsoleServer.start(
            settings("127.0.0.1", Optional.empty()), view, this::replay, PATIENCE, nanos::get);
    open.add(server);
    String large = "x".repeat(1_200);
    try (Socket slow = http(server).open("GET", "/events", "");
        Socket fast = http(server).open("GET", "/events", "")) {
      BufferedReader events = RawHttp.reader(fast);
      while (server.openPages() < 2) {
        Thread.onSpinWait();
      }
      // Until the slow one is cut, the fast one gets every version.
      while (server.openPages() == 2) {
        nanos.addAndGet(2 * PATIENCE.toNanos());
        for (int i = 0; i < PipelineView.OUTCOMES; i++) {
          view.completion(completion("a", large), true);
        }
        view.tick();
        assertThat(update(events).path("completions")).hasSize(PipelineView.OUTCOMES);
        server.cutStuckPages();
      }
      view.tick();
      assertThat(update(events)).isNotEmpty();
      assertThat(slow.isClosed()).as("by the test").isFalse();
    }
  }

  @Test
  void onlySoManyPagesAreServedAndOneThatGoesMakesRoom() throws Exception {
    ConsoleServer server = start(Optional.empty());
    RawHttp http = http(server);
    List<Socket> pages = new ArrayList<>();
    try {
      for (int i = 0; i < 16; i++) {
        pages.add(http.open("GET", "/events", ""));
      }
      while (server.openPages() < 16) {
        Thread.onSpinWait();
      }
      assertThat(http.get("/events").status()).isEqualTo(503);
      assertThat(http.get("/").status()).as("everything else is").isEqualTo(200);
      pages.get(0).close();
      while (server.openPages() == 16) {
        view.tick(); // who has gone is noticed when something is written
      }
    } finally {
      for (Socket page : pages) {
        page.close();
      }
    }
  }

  private Replayer.Replayed replay(ErrorCode code) {
    replayed.add(code);
    return new Replayer.Replayed(3, 1);
  }

  private static RawHttp.Answer replay(RawHttp http, String body, String... headers)
      throws IOException {
    return http.post("/replay", body, headers);
  }

  private ConsoleServer start(Optional<String> token) throws IOException {
    return start(token, this::replay);
  }

  private ConsoleServer start(Optional<String> token, Replayer replayer) throws IOException {
    ConsoleServer server = ConsoleServer.start(settings("127.0.0.1", token), view, replayer);
    open.add(server);
    return server;
  }

  private static ConsoleSettings settings(String listen, Optional<String> token) {
    return new ConsoleSettings(
        ClusterSettings.of("127.0.0.1:1"),
        Optional.empty(),
        Optional.empty(),
        listen,
        0,
        token,
        Set.of("console.example"));
  }

  private static RawHttp http(ConsoleServer server) {
    return new RawHttp(server.address());
  }

  private static String own(RawHttp http) {
    return "Origin: " + http.origin();
  }

  private static String secret(RawHttp http) throws IOException {
    Matcher secret =
        Pattern.compile("name=\"page-secret\" content=\"([^\"]+)\"").matcher(http.get("/").body());
    assertThat(secret.find()).isTrue();
    return Access.PAGE_HEADER + ": " + secret.group(1);
  }

  private static GenerationResult completion(String id, String text) {
    GenerationResult result = Outcomes.completion(id, 5);
    result.setText(text);
    return result;
  }

  private static JsonNode update(BufferedReader events) throws IOException {
    return JsonMapper.builder().build().readTree(RawHttp.event(events));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
