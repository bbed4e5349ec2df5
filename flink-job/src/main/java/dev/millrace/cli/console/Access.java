package dev.millrace.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Who may see the console and who may do something.
 *
 * <ul>
 *   <li>The {@code Host} must be a plain address, localhost, or a name the console was told: a web
 *       page whose own name was made to point here (DNS rebinding) gets nothing.
 *   <li>Where there is a token, a session cookie or {@code Authorization: Bearer} must show it.
 *   <li>What changes something must come from the console's own page: the {@code Origin} is this
 *       host's, and a header repeats a secret that only the page holds.
 * </ul>
 *
 * Safe for use by many threads.
 */
final class Access {
  static final String PAGE_HEADER = "X-Millrace-Console";

  private static final String COOKIE = "millrace-console";
  private static final String BEARER = "Bearer ";
  private static final int SECRET_BYTES = 32;
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-f:.]+]");
  private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

  private final Optional<String> token;
  private final Set<String> hostNames;
  private final String session = secret();
  private final String pageSecret = secret();

  Access(Optional<String> token, Set<String> hostNames) {
    this.token = token;
    this.hostNames =
        hostNames.stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(java.util.stream.Collectors.toUnmodifiableSet());
  }

  /** What the page repeats in {@link #PAGE_HEADER}. */
  String pageSecret() {
    return pageSecret;
  }

  boolean knowsHost(Exchange exchange) {
    return exchange.requestHeader("Host").filter(this::isKnown).isPresent();
  }

  boolean admits(Exchange exchange) {
    return token.isEmpty()
        || cookies(exchange).anyMatch(value -> same(value, session))
        || exchange
            .requestHeader("Authorization")
            .filter(value -> value.startsWith(BEARER))
            .filter(value -> same(value.substring(BEARER.length()), token.get()))
            .isPresent();
  }

  /** Whether the request comes from this console's own page. */
  boolean isFromPage(Exchange exchange) {
    return hasOwnOrigin(exchange)
        && exchange.requestHeader(PAGE_HEADER).filter(value -> same(value, pageSecret)).isPresent();
  }

  boolean hasOwnOrigin(Exchange exchange) {
    Optional<String> host = exchange.requestHeader("Host");
    return host.isPresent()
        && exchange
            .requestHeader("Origin")
            .filter(
                origin ->
                    origin.equals("http://" + host.get()) || origin.equals("https://" + host.get()))
            .isPresent();
  }

  /**
   * Opens the session for whoever knows the token.
   *
   * @return whether the token is right
   */
  boolean logIn(Exchange exchange, String shown) {
    if (token.isEmpty() || !same(shown, token.get())) {
      return false;
    }
    boolean encrypted =
        exchange.requestHeader("Origin").filter(origin -> origin.startsWith("https:")).isPresent();
    exchange.header(
        "Set-Cookie",
        COOKIE
            + "="
            + session
            + "; Path=/; HttpOnly; SameSite=Strict"
            + (encrypted ? "; Secure" : ""));
    return true;
  }

  private boolean isKnown(String host) {
    String name = PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst("");
    return name.equals("localhost")
        || IPV4.matcher(name).matches()
        || IPV6.matcher(name).matches()
        || hostNames.contains(name);
  }

  private static Stream<String> cookies(Exchange exchange) {
    return exchange
        .requestHeader("Cookie")
        .map(text -> Stream.of(text.split(";", -1)))
        .orElse(Stream.empty())
        .map(String::strip)
        .filter(cookie -> cookie.startsWith(COOKIE + "="))
        .map(cookie -> cookie.substring(COOKIE.length() + 1));
  }

  /** In a time that does not tell how much is right. */
  private static boolean same(String shown, String secret) {
    return MessageDigest.isEqual(hash(shown), hash(secret));
  }

  private static byte[] hash(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
