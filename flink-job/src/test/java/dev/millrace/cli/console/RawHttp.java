package dev.millrace.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Requests as a browser, or whoever pretends to be one, puts them on the wire; in HTTP 1.0, so that
 * answers are not cut into chunks.
 */
final class RawHttp {
  /** An answer; its headers' names are in lower case. */
  record Answer(int status, Map<String, String> headers, String body) {}

  private final int port;

  RawHttp(URI address) {
    port = address.getPort();
  }

  /** What a browser says where the console's own page sends a request. */
  String origin() {
    return "http://127.0.0.1:" + port;
  }

  Answer get(String path, String... headers) throws IOException {
    return send("GET", path, "", headers);
  }

  Answer post(String path, String body, String... headers) throws IOException {
    return send("POST", path, body, headers);
  }

  private Answer send(String method, String path, String body, String... headers)
      throws IOException {
    try (Socket socket = open(method, path, body, headers)) {
      String whole = new String(socket.getInputStream().readAllBytes(), UTF_8);
      int end = whole.indexOf("\r\n\r\n");
      String[] lines = whole.substring(0, end).split("\r\n", -1);
      Map<String, String> answered = new TreeMap<>();
      for (int i = 1; i < lines.length; i++) {
        int colon = lines[i].indexOf(':');
        answered.put(
            lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
            lines[i].substring(colon + 1).strip());
      }
      return new Answer(
          Integer.parseInt(lines[0].split(" ", -1)[1]), answered, whole.substring(end + 4));
    }
  }

  /** Sends a request and leaves the answer to the caller. */
  Socket open(String method, String path, String body, String... headers) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(100_000);
    StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.0\r\n");
    boolean named = false;
    for (String header : headers) {
      request.append(header).append("\r\n");
      named |= header.startsWith("Host:");
    }
    if (!named) {
      request.append("Host: 127.0.0.1:").append(port).append("\r\n");
    }
    request.append("Connection: close\r\nContent-Length: ").append(body.getBytes(UTF_8).length);
    request.append("\r\n\r\n").append(body);
    socket.getOutputStream().write(request.toString().getBytes(UTF_8));
    return socket;
  }

  /** The next update in a stream of events. */
  static String event(BufferedReader events) throws IOException {
    String line = events.readLine();
    while (line != null && !line.startsWith("data: ")) {
      line = events.readLine();
    }
    if (line == null) {
      throw new IOException("the stream has ended");
    }
    return line.substring("data: ".length());
  }

  static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
  }
}
