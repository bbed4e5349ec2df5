package dev.millrace.cli;

import dev.millrace.job.task.EventSource;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskFiles;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads task files as a job would when it starts. */
@Command(
    name = "check",
    header = "Check task files and say what is in them.",
    description = {
      "Every mistake is told with its line and key; then the exit status is 1. Without one, each",
      "task is listed with the inputs that its templates use."
    },
    footer = {"  millrace task check deploy/tasks", "  millrace task check my-tasks.yaml"})
final class TaskCheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Task files, or folders of them.")
  private List<Path> places;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    for (Path place : places) {
      TaskFiles.read(place).tasks().all().forEach(task -> out.println(describe(task)));
    }
    return ExitCode.DONE;
  }

  private static String describe(TaskDefinition task) {
    return "%-12s %-10s version %s, hash %s; input: %s%s%s"
        .formatted(
            task.name(),
            task.kind().word(),
            task.version(),
            task.hash(),
            String.join(", ", task.inputs()),
            task.source().map(EventSource::topic).map(topic -> "; from topic " + topic).orElse(""),
            task.topic().map(topic -> "; to topic " + topic).orElse(""));
  }
}
