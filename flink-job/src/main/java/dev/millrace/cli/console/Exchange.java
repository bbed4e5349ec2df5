package dev.millrace.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** One request and its answer. Every answer forbids the browser what the page does not need. */
final class Exchange {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
          + " form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  private final HttpExchange http;

  Exchange(HttpExchange http) {
    this.http = http;
    header("Content-Security-Policy", POLICY);
    header("X-Content-Type-Options", "nosniff");
    // Not no-referrer: a browser would hide the Origin of the login's form, too.
    header("Referrer-Policy", "same-origin");
    header("Cross-Origin-Opener-Policy", "same-origin");
    header("Cross-Origin-Resource-Policy", "same-origin");
    header("Cache-Control", "no-store");
  }

  String method() {
    return http.getRequestMethod();
  }

  String path() {
    return http.getRequestURI().getPath();
  }

  /** What follows the question mark; empty if nothing does. */
  String query() {
    return Objects.requireNonNullElse(http.getRequestURI().getRawQuery(), "");
  }

  /** The value of a request's header; empty if it is missing or there are several. */
  Optional<String> requestHeader(String name) {
    List<String> values = http.getRequestHeaders().getOrDefault(name, List.of());
    return values.size() == 1 ? Optional.of(values.get(0)) : Optional.empty();
  }

  void header(String name, String value) {
    http.getResponseHeaders().set(name, value);
  }

  /**
   * The request's body.
   *
   * @return empty if it is longer than allowed
   */
  Optional<String> body(int most) throws IOException {
    byte[] bytes = http.getRequestBody().readNBytes(most + 1);
    return bytes.length > most ? Optional.empty() : Optional.of(new String(bytes, UTF_8));
  }

  void answer(int status, String type, byte[] body) throws IOException {
    header("Content-Type", type);
    boolean withBody = body.length > 0 && !method().equals("HEAD");
    http.sendResponseHeaders(status, withBody ? body.length : -1);
    if (withBody) {
      http.getResponseBody().write(body);
    }
    http.close();
  }

  void answer(int status, String text) throws IOException {
    answer(status, "text/plain; charset=utf-8", (text + "\n").getBytes(UTF_8));
  }

  void redirect(String path) throws IOException {
    header("Location", path);
    answer(303, "text/plain; charset=utf-8", new byte[0]);
  }

  /** Starts an answer that goes on until it is closed. */
  OutputStream stream(String type) throws IOException {
    header("Content-Type", type);
    http.sendResponseHeaders(200, 0);
    return http.getResponseBody();
  }

  void close() {
    http.close();
  }
}
