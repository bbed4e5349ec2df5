package dev.millrace.cli;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.generate.DirectAnswer;
import dev.millrace.job.guard.GuardChecks;
import dev.millrace.job.model.EngineModelRuntime;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.Tasks;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs one input through a task, as a job would, and shows every record of its outcome. */
@Command(
    name = "try",
    header = "Run one input through a task and show its outcome.",
    description = {
      "INPUT is a JSON object with the task's inputs; for a task that is bound to a topic, an event",
      "as it is in the topic; any other text is the task's only input. The records that a job would",
      "write go to stdout, one line of JSON each, after the name of their topic."
    },
    footer = {
      "  millrace task try label message.json",
      "  millrace task try summarise report.txt --tasks my-tasks.yaml --model ~/models/Llama-3.2-1B"
    })
final class TaskTryCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ModelOption model;
  @Mixin private SettingsOption given;

  @Option(
      names = "--tasks",
      paramLabel = "FILE",
      description = "A task file, or a folder of them. Default: deploy/tasks.")
  private Optional<Path> tasksPlace = Optional.empty();

  @Mixin private GuardOption guard;

  @Parameters(index = "0", paramLabel = "NAME", description = "The task's name.")
  private String name;

  @Parameters(index = "1", paramLabel = "INPUT", description = "The file with the input.")
  private Path input;

  @Override
  public Integer call() throws IOException {
    Installation installation = Installation.current();
    JobSettings settings = settings(installation);
    Tasks tasks = settings.tasks().tasks();
    TaskDefinition task =
        tasks
            .named(name)
            .orElseThrow(
                () ->
                    new CommandException(
                        "there is no task '%s': %s".formatted(name, tasks.suggestion(name))));
    RecordReader reader = new RecordReader(settings.defaults().maxRecordBytes(), tasks);
    try (GuardChecks checks =
            GuardChecks.open(settings, ModelRuntimeFactory.ofProcess(), reader, Runnable::run);
        ModelRuntime runtime = EngineModelRuntime.open(settings.model())) {
      DirectAnswer direct = new DirectAnswer(runtime, settings, checks);
      List<OutputRecord> records = direct.answer(TrialInput.read(task, input));
      print(records, task);
      return records.get(0).topic() == OutputTopic.DEAD_LETTERS ? ExitCode.FAILED : ExitCode.DONE;
    }
  }

  private JobSettings settings(Installation installation) {
    Configuration configuration = given.configuration();
    configuration.set(MillraceOptions.MODEL_DIRECTORY, model.checkpoint(installation).toString());
    configuration.set(MillraceOptions.BOOTSTRAP_SERVERS, "none");
    configuration.set(MillraceOptions.TASKS, tasksPlace.orElseGet(installation::tasks).toString());
    guard.set(configuration);
    return JobSettings.from(configuration);
  }

  private void print(List<OutputRecord> records, TaskDefinition task) {
    PrintWriter out = spec.commandLine().getOut();
    OutcomeText text = new OutcomeText(task);
    records.forEach(record -> out.println(text.of(record)));
    out.flush();
  }
}
