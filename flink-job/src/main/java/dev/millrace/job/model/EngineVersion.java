package dev.millrace.job.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of Millrace, as the build wrote it. */
final class EngineVersion {
  private EngineVersion() {}

  static String current() {
    Properties properties = new Properties();
    try (InputStream in = EngineVersion.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
