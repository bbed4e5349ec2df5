package dev.millrace.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.schema.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows a {@link PipelineView} to browsers. Safe for use by many threads. */
final class ConsoleServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConsoleServer.class);
  private static final int PAGES = 16;
  private static final int OTHER_REQUESTS = 8;
  private static final int BACKLOG = 64;
  private static final int BODY_BYTES = 4_096;
  private static final long WRONG_TOKEN_PAUSE_MS = 500;
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");
  private static final Map<String, String> FILES =
      Map.of(
          "/console.css", "console.css",
          "/console.js", "console.js",
          "/icon.svg", "icon.svg");

  private final JsonMapper json = JsonMapper.builder().build();
  private final Semaphore replaying = new Semaphore(1);
  private final HttpServer server;
  private final ExecutorService threads;
  private final Access access;
  private final Streams streams;
  private final PipelineView view;
  private final Replayer replayer;

  private ConsoleServer(
      HttpServer server, Access access, Streams streams, PipelineView view, Replayer replayer) {
    this.server = server;
    this.access = access;
    this.streams = streams;
    this.view = requireNonNull(view, "view");
    this.replayer = requireNonNull(replayer, "replayer");
    this.threads = Executors.newFixedThreadPool(PAGES + OTHER_REQUESTS, ConsoleServer::daemon);
  }

  /**
   * Starts to listen.
   *
   * @throws IOException if the port is in use or the address is not this machine's
   */
  static ConsoleServer start(ConsoleSettings settings, PipelineView view, Replayer replayer)
      throws IOException {
    return start(settings, view, replayer, Duration.ofSeconds(20), System::nanoTime);
  }

  /**
   * @param patience how long a page may take for one update
   * @param clock that this is measured with, in nanoseconds
   */
  static ConsoleServer start(
      ConsoleSettings settings,
      PipelineView view,
      Replayer replayer,
      Duration patience,
      LongSupplier clock)
      throws IOException {
    limitSlowRequests();
    InetSocketAddress address = new InetSocketAddress(settings.listen(), settings.port());
    if (address.isUnresolved()) {
      throw new IOException("the address " + settings.listen() + " is not known");
    }
    if (!address.getAddress().isLoopbackAddress() && settings.token().isEmpty()) {
      throw new IOException(
          "the console on %s would be open to whoever reaches this machine: give it a token"
              .formatted(settings.listen()));
    }
    HttpServer server = bind(address);
    ConsoleServer console =
        new ConsoleServer(
            server,
            new Access(settings.token(), settings.hostNames()),
            new Streams(view, PAGES, patience, clock),
            view,
            replayer);
    server.setExecutor(console.threads);
    server.createContext("/", console::handle);
    server.start();
    return console;
  }

  /** Where a browser on this machine finds it. */
  URI address() {
    InetSocketAddress bound = server.getAddress();
    String host = bound.getAddress().isAnyLocalAddress() ? "127.0.0.1" : bound.getHostString();
    return URI.create(
        "http://%s:%d/".formatted(host.contains(":") ? "[" + host + "]" : host, bound.getPort()));
  }

  int openPages() {
    return streams.openCount();
  }

  /** Cuts pages that take nothing any more. Called now and then. */
  void cutStuckPages() {
    streams.cutStuck();
  }

  @Override
  public void close() {
    streams.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange http) throws IOException {
    Exchange exchange = new Exchange(http);
    try {
      route(exchange);
    } catch (RuntimeException e) {
      LOG.error("the console could not answer {}", exchange.path(), e);
      exchange.answer(500, "the console has failed, see its log");
    } finally {
      exchange.close();
    }
  }

  private void route(Exchange exchange) throws IOException {
    String what = exchange.method() + " " + exchange.path();
    if (!access.knowsHost(exchange)) {
      exchange.answer(
          421, "the console does not know this name of its host: add it with --host-name");
    } else if (what.equals("POST /login")) {
      logIn(exchange);
    } else if (what.equals("GET /console.css") || what.equals("GET /icon.svg")) {
      file(exchange, FILES.get(exchange.path()));
    } else if (!access.admits(exchange)) {
      askForToken(exchange);
    } else {
      admitted(exchange, what);
    }
  }

  private void admitted(Exchange exchange, String what) throws IOException {
    switch (what) {
      case "GET /" -> page(exchange, "index.html", "{{page-secret}}", access.pageSecret());
      case "GET /console.js" -> file(exchange, FILES.get(exchange.path()));
      case "GET /events" -> streams.serve(exchange);
      case "POST /replay" -> replay(exchange);
      default -> exchange.answer(404, "there is nothing at " + exchange.path());
    }
  }

  private void askForToken(Exchange exchange) throws IOException {
    if (exchange.method().equals("GET") && exchange.path().equals("/")) {
      String problem = exchange.query().equals("wrong") ? "That is not the token." : "";
      page(exchange, "login.html", "{{problem}}", problem);
    } else {
      exchange.answer(401, "the console's token is missing");
    }
  }

  private void logIn(Exchange exchange) throws IOException {
    Optional<String> form = exchange.body(BODY_BYTES);
    if (!access.hasOwnOrigin(exchange) || form.isEmpty()) {
      exchange.answer(403, "log in on the console's own page");
    } else if (access.logIn(exchange, field(form.get(), "token"))) {
      exchange.redirect("/");
    } else {
      pauseAfterWrongToken();
      LOG.warn("someone tried to log in to the console with a wrong token");
      exchange.redirect("/?wrong");
    }
  }

  private void replay(Exchange exchange) throws IOException {
    Optional<String> body = exchange.body(BODY_BYTES);
    Optional<ErrorCode> code = body.flatMap(this::code);
    if (!access.isFromPage(exchange)) {
      exchange.answer(403, "only the console's own page can replay");
    } else if (code.isEmpty()) {
      exchange.answer(400, "send {\"code\": \"...\"} with a code of docs/topics.md");
    } else if (!replaying.tryAcquire()) {
      exchange.answer(409, "a replay is under way: wait for it");
    } else {
      try {
        replay(exchange, code.get());
      } finally {
        replaying.release();
      }
    }
  }

  private void replay(Exchange exchange, ErrorCode code) throws IOException {
    try {
      Replayer.Replayed done = replayer.replay(code);
      LOG.info("replayed {} dead letters with {} from the console", done.sent(), code);
      view.replayed(code.name(), done.sent(), done.passedOver(), Optional.empty());
      exchange.answer(200, "application/json", json.writeValueAsBytes(done));
    } catch (RuntimeException e) {
      LOG.error("dead letters with {} could not be replayed", code, e);
      String problem = Optional.ofNullable(e.getMessage()).orElse("it failed, see the log");
      view.replayed(code.name(), 0, 0, Optional.of(problem));
      exchange.answer(502, problem);
    }
  }

  private Optional<ErrorCode> code(String body) {
    try {
      String name = json.readTree(body).path("code").asText();
      return Stream.of(ErrorCode.values()).filter(code -> code.name().equals(name)).findFirst();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static void page(Exchange exchange, String name, String placeholder, String value)
      throws IOException {
    String page = new String(resource(name), UTF_8).replace(placeholder, value);
    exchange.answer(200, TYPES.get("html"), page.getBytes(UTF_8));
  }

  private static void file(Exchange exchange, String name) throws IOException {
    exchange.answer(200, TYPES.get(name.substring(name.indexOf('.') + 1)), resource(name));
  }

  private static byte[] resource(String name) {
    try (InputStream in = ConsoleServer.class.getResourceAsStream(name)) {
      return requireNonNull(in, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String field(String form, String name) {
    return Stream.of(form.split("&", -1))
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> pair.substring(name.length() + 1))
        .map(ConsoleServer::decoded)
        .findFirst()
        .orElse("");
  }

  private static String decoded(String value) {
    try {
      return URLDecoder.decode(value, UTF_8);
    } catch (IllegalArgumentException e) {
      return ""; // not a browser's
    }
  }

  private static void pauseAfterWrongToken() {
    try {
      TimeUnit.MILLISECONDS.sleep(WRONG_TOKEN_PAUSE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static HttpServer bind(InetSocketAddress address) throws IOException {
    try {
      return HttpServer.create(address, BACKLOG);
    } catch (BindException e) {
      throw new IOException(
          "the console cannot listen on %s:%d (%s): stop what listens there or choose another port"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
    }
  }

  /** The JDK's server reads its own properties once, when the first one is made. */
  private static void limitSlowRequests() {
    String seconds = "sun.net.httpserver.maxReqTime";
    if (System.getProperty(seconds) == null) {
      System.setProperty(seconds, "10");
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "millrace-console-http");
    thread.setDaemon(true);
    return thread;
  }
}
