package dev.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Helps while a task file is being written. */
@Command(
    name = "task",
    header = "Check a file of tasks, or try one of its tasks.",
    description = {"See docs/tasks.md for what a task file says."},
    footer = {
      "  millrace task check deploy/tasks",
      "  millrace task try summarise report.txt",
      "  millrace task try route ticket.json --tasks my-tasks.yaml"
    },
    subcommands = {TaskCheckCommand.class, TaskTryCommand.class})
final class TaskCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** Called when no subcommand was named. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "name what to do, for example: millrace task check deploy/tasks");
  }
}
