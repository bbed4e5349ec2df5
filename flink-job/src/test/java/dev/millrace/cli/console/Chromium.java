package dev.millrace.cli.console;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A headless Chromium with one page, driven over its DevTools protocol. */
final class Chromium implements AutoCloseable {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final long PATIENCE_SECONDS = 60;

  private final JsonMapper json = JsonMapper.builder().build();
  private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
  private final Process process;
  private final WebSocket socket;
  private final String session;
  private int calls;

  private Chromium(Process process, URI devTools) throws Exception {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(devTools, new Listener())
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    String target =
        call("", "Target.createTarget", Map.of("url", "about:blank")).path("targetId").asText();
    this.session =
        call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .path("sessionId")
            .asText();
  }

  /** Starts the one that is installed; where there is none, the test is skipped and says so. */
  static Chromium start(Path folder) throws Exception {
    Path program = installed();
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--user-data-dir=" + folder.toAbsolutePath(),
                "about:blank")
            .redirectErrorStream(true)
            .start();
    try {
      return new Chromium(process, devTools(process));
    } catch (Exception e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static Path installed() {
    String named = System.getenv("CHROMIUM");
    Path found =
        named != null
            ? Path.of(named)
            : Stream.of(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":", -1))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(Path.of("missing"));
    assumeTrue(
        Files.isExecutable(found),
        "no Chromium: put chromium on the PATH or name it in CHROMIUM to test the page itself");
    return found;
  }

  private static URI devTools(Process process) throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String start = "DevTools listening on ";
    String line = output.readLine();
    while (line != null && !line.startsWith(start)) {
      line = output.readLine();
    }
    if (line == null) {
      throw new IOException("Chromium did not start");
    }
    Thread drain = new Thread(() -> output.lines().forEach(ignored -> {}));
    drain.setDaemon(true);
    drain.start();
    return URI.create(line.substring(start.length()));
  }

  /** Loads a page in a colour scheme. */
  void open(URI page, String scheme, int width, int height) throws Exception {
    page("Emulation.setEmulatedMedia", Map.of("features", List.of(feature(scheme))));
    page(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    page("Page.navigate", Map.of("url", page.toString()));
    await("document.readyState === 'complete'");
  }

  private static Map<String, String> feature(String scheme) {
    return Map.of("name", "prefers-color-scheme", "value", scheme);
  }

  /** The value of an expression in the page. */
  JsonNode evaluate(String expression) throws Exception {
    JsonNode answer =
        page(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + answer.path("exceptionDetails"));
    }
    return answer.path("result").path("value");
  }

  void await(String condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!holds(condition)) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "never came true: " + condition + "\n" + evaluate("document.body.innerText").asText());
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Not either while one page goes and the next comes. */
  private boolean holds(String condition) throws Exception {
    try {
      return evaluate(
              "(() => { try { return !!(%s) } catch { return false } })()".formatted(condition))
          .asBoolean();
    } catch (AssertionError noPage) {
      return false;
    }
  }

  /** Presses and releases a key, as a person does. */
  void press(String key, int code) throws Exception {
    Map<String, Object> event =
        Map.of("key", key, "windowsVirtualKeyCode", code, "text", key.equals("Enter") ? "\r" : "");
    for (String type : List.of("keyDown", "keyUp")) {
      ObjectNode named = json.valueToTree(event);
      page("Input.dispatchKeyEvent", json.convertValue(named.put("type", type), Map.class));
    }
  }

  /** What a screen reader is told: roles and names. */
  String accessibilityTree() throws Exception {
    page("Accessibility.enable", Map.of());
    StringBuilder tree = new StringBuilder();
    for (JsonNode node : page("Accessibility.getFullAXTree", Map.of()).path("nodes")) {
      if (!node.path("ignored").asBoolean()) {
        tree.append(node.at("/role/value").asText())
            .append(' ')
            .append(node.at("/name/value").asText())
            .append('\n');
      }
    }
    return tree.toString();
  }

  void screenshot(Path file) throws Exception {
    JsonNode shot =
        page("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode(shot.path("data").asText()));
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private JsonNode page(String method, Map<?, ?> parameters) throws Exception {
    return call(session, method, parameters);
  }

  private JsonNode call(String session, String method, Map<?, ?> parameters) throws Exception {
    int id = ++calls;
    ObjectNode message = json.createObjectNode().put("id", id).put("method", method);
    message.set("params", json.valueToTree(parameters));
    if (!session.isEmpty()) {
      message.put("sessionId", session);
    }
    socket.sendText(message.toString(), true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    while (true) {
      JsonNode answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (answer == null) {
        throw new AssertionError("Chromium does not answer to " + method);
      }
      if (answer.path("id").asInt() == id) {
        if (answer.has("error")) {
          throw new AssertionError(method + ": " + answer.path("error"));
        }
        return answer.path("result");
      }
    }
  }

  /** Puts whole messages into the queue. */
  private final class Listener implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      message.append(part);
      if (last) {
        try {
          answers.add(json.readTree(message.toString()));
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
        message.setLength(0);
      }
      from.request(1);
      return null;
    }
  }
}
