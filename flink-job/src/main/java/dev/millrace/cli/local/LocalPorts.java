package dev.millrace.cli.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** TCP ports of the loopback interface. */
public final class LocalPorts {
  private static final int BACKLOG = 1;

  private LocalPorts() {}

  /** A port nobody listens on. Another process may still take it before the caller does. */
  public static int free() throws IOException {
    try (ServerSocket socket = open(0)) {
      return socket.getLocalPort();
    }
  }

  /** A free port that is not {@code taken}, which may be free too but is spoken for. */
  static int freeOtherThan(int taken) throws IOException {
    int port = free();
    return port == taken ? freeOtherThan(taken) : port;
  }

  /**
   * Checks that nobody listens on a port.
   *
   * @throws IOException if the port is in use
   */
  static void requireFree(int port) throws IOException {
    try {
      open(port).close();
    } catch (IOException e) {
      throw new IOException(
          "port " + port + " is in use: stop what listens there or choose another port", e);
    }
  }

  private static ServerSocket open(int port) throws IOException {
    return new ServerSocket(port, BACKLOG, InetAddress.getLoopbackAddress());
  }
}
