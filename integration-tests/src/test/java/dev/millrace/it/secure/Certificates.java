package dev.millrace.it.secure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server's key in a key store, and its certificate as PEM for whoever is to trust it; made by the
 * JDK's keytool, as docs/security.md shows.
 */
record Certificates(Path keyStore, Path pem) {
  static final String PASSWORD = "key-store-password";

  /** Makes a key for the loopback interface, under this name in the folder. */
  static Certificates make(Path folder, String name) throws IOException, InterruptedException {
    Path keyStore = folder.resolve(name + ".p12");
    Path pem = folder.resolve(name + ".pem");
    keytool(
        keyStore,
        "-genkeypair -alias broker -keyalg EC -groupname secp256r1 -validity 30 -dname CN=" + name,
        "-ext SAN=ip:127.0.0.1,dns:localhost");
    keytool(keyStore, "-exportcert -rfc -alias broker -file " + pem);
    return new Certificates(keyStore, pem);
  }

  private static void keytool(Path keyStore, String... arguments)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    for (String part : arguments) {
      line.addAll(List.of(part.split(" ", -1)));
    }
    line.addAll(List.of("-keystore", keyStore.toString(), "-storetype", "PKCS12"));
    line.addAll(List.of("-storepass", PASSWORD));
    Path log = Files.createTempFile(keyStore.getParent(), "keytool", ".log");
    Process process =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (process.waitFor() != 0) {
      throw new IOException("keytool failed: " + Files.readString(log));
    }
  }
}
