package dev.millrace.cli;

import dev.millrace.job.guard.GuardFile;
import dev.millrace.job.guard.GuardPolicy;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads guard files as a job would when it starts. */
@Command(
    name = "check",
    header = "Check guard files and say what they look for.",
    description = {
      "Every mistake is told with its line and key; then the exit status is 1. Without one, each",
      "guard is listed with its rules. The model's checkpoint is not looked at."
    },
    footer = {"  millrace guard check deploy/guard/guard.yaml"})
final class GuardCheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Guard files.")
  private List<Path> places;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    for (Path place : places) {
      GuardFile.read(place).guards().all().stream()
          .map(GuardPolicy::describe)
          .forEach(out::println);
    }
    return ExitCode.DONE;
  }
}
