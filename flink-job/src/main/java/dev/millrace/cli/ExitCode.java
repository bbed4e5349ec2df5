package dev.millrace.cli;

/** What the exit status of every command means. */
final class ExitCode {
  /** Everything that was asked for was done. */
  static final int DONE = 0;

  /** The command could not do its work: the message on stderr says why. */
  static final int FAILED = 1;

  /** The command line itself is wrong; nothing was done. */
  static final int USAGE = 2;

  /** The command ran to its end, but outcomes are missing or there are too many. */
  static final int INCOMPLETE = 3;

  private ExitCode() {}
}
