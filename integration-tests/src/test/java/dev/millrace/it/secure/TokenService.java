package dev.millrace.it.secure;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;

/**
 * An OAuth 2 authorization server as small as can be: it gives tokens to one client that knows its
 * secret, by the client credentials grant, and publishes the key they are signed with.
 */
final class TokenService implements AutoCloseable {
  static final String AUDIENCE = "kafka";

  private final String client;
  private final String secret;
  private final RsaJsonWebKey key;
  private final HttpServer server;

  TokenService(String client, String secret) throws IOException, JoseException {
    this.client = client;
    this.secret = secret;
    key = RsaJwkGenerator.generateJwk(2048);
    key.setKeyId("1");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/token", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
  }

  /** Writes the public key where the broker reads it. */
  Path writeKeys(Path file) throws IOException {
    return Files.writeString(file, new JsonWebKeySet(key).toJson());
  }

  private void answer(HttpExchange exchange) throws IOException {
    String basic = Base64.getEncoder().encodeToString((client + ":" + secret).getBytes(UTF_8));
    boolean known =
        ("Basic " + basic).equals(exchange.getRequestHeaders().getFirst("Authorization"));
    byte[] body =
        (known
                ? "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":600}"
                    .formatted(token())
                : "{\"error\":\"invalid_client\"}")
            .getBytes(UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(known ? 200 : 401, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private String token() {
    JwtClaims claims = new JwtClaims();
    claims.setSubject(client);
    claims.setAudience(AUDIENCE);
    claims.setIssuedAtToNow();
    claims.setExpirationTimeMinutesInTheFuture(10);
    claims.setStringClaim("scope", "kafka");
    JsonWebSignature signature = new JsonWebSignature();
    signature.setPayload(claims.toJson());
    signature.setKey(key.getPrivateKey());
    signature.setKeyIdHeaderValue(key.getKeyId());
    signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.RSA_USING_SHA256);
    try {
      return signature.getCompactSerialization();
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
