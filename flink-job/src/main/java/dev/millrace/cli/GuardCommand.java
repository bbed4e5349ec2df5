package dev.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Helps while a guard file is being written. */
@Command(
    name = "guard",
    header = "Check a guard file.",
    description = {
      "See docs/guard.md for what a guard file says; millrace task try --guard shows it at work."
    },
    footer = {"  millrace guard check deploy/guard/guard.yaml"},
    subcommands = GuardCheckCommand.class)
final class GuardCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** Called when no subcommand was named. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "name what to do, for example: millrace guard check deploy/guard/guard.yaml");
  }
}
