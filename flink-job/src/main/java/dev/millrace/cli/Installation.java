package dev.millrace.cli;

import java.nio.file.Path;

/**
 * Where this Millrace lives; set by the launcher script.
 *
 * @param home the checkout: deploy/ and the sources are in it
 * @param work folder for logs and data of local runs
 * @param terminal whether progress goes to a terminal, which can rewrite a line
 */
record Installation(Path home, Path work, boolean terminal) {
  private static final String HOME = "millrace.home";
  private static final String WORK = "millrace.work";
  private static final String TERMINAL = "millrace.terminal";

  /** The installation of this process; the working directory where the launcher said nothing. */
  static Installation current() {
    Path home = Path.of(System.getProperty(HOME, "")).toAbsolutePath();
    String work = System.getProperty(WORK);
    return new Installation(
        home,
        work == null ? home.resolve(".millrace") : Path.of(work).toAbsolutePath(),
        Boolean.getBoolean(TERMINAL));
  }

  /** Folder for what is large and can be made again. */
  Path cache() {
    String base = System.getenv("XDG_CACHE_HOME");
    return base == null || base.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".cache", "millrace")
        : Path.of(base, "millrace");
  }

  /** The checkpoint that comes with Millrace. */
  Path demoModel() {
    return home.resolve("deploy/demo-model");
  }

  /** The tasks that come with Millrace, for the demo model. */
  Path tasks() {
    return home.resolve("deploy/tasks");
  }

  /** Documents to try a model with that brings none of its own. */
  Path sampleDocuments() {
    return home.resolve("deploy/local/samples");
  }
}
