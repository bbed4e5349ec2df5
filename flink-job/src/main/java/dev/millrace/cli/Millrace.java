package dev.millrace.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line: {@code millrace COMMAND}. Each command is a class of this package. */
@Command(
    name = "millrace",
    version = "Millrace 0.1.0-SNAPSHOT",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    description = {
      "Batch inference with Llama models on Kafka topics: prompts in, completions out, inside",
      "Apache Flink. Everything runs in this process; logs go to .millrace/millrace.log."
    },
    descriptionHeading = "%n",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%nArguments:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  millrace demo                        the whole path on this machine",
      "  millrace generate \"Say hello\"        one prompt, one answer",
      "  millrace COMMAND --help              what a command does, with examples"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:failed; the message says why (--verbose adds the stack trace)",
      "2:the command line is wrong; nothing was done",
      "3:ran to its end, but outcomes are missing or there are too many"
    })
public final class Millrace implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show stack traces of errors.")
  private boolean verbose;

  private Millrace() {}

  /** Runs a command and ends the process with its exit status. */
  public static void main(String[] arguments) {
    PrintStream stderr =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    // Whatever a library prints must not get between a command's output.
    System.setOut(stderr);
    CommandLine commandLine =
        commandLine()
            .setOut(new PrintWriter(utf8(new FileOutputStream(FileDescriptor.out)), true))
            .setErr(new PrintWriter(utf8(stderr), true));
    int status = commandLine.execute(arguments);
    commandLine.getOut().flush();
    System.exit(status);
  }

  /** The whole command line, ready to execute. */
  static CommandLine commandLine() {
    Millrace millrace = new Millrace();
    return new CommandLine(millrace)
        .addSubcommand(new DemoCommand())
        .addSubcommand(new UpCommand())
        .addSubcommand(new BrokerCommand())
        .addSubcommand(new GenerateCommand())
        .addSubcommand(new SubmitCommand())
        .addSubcommand(new CollectCommand())
        .addSubcommand(new ReplayCommand())
        .addSubcommand(new ConsoleCommand())
        .addSubcommand(new BenchCommand())
        .addSubcommand(new TaskCommand())
        .addSubcommand(new GuardCommand())
        .addSubcommand(new TopicCommand())
        .addSubcommand(new BatchCommand())
        .setUsageHelpWidth(100)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(millrace::report);
  }

  /** Called when no command was named. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command, for example: millrace demo");
  }

  private static OutputStreamWriter utf8(OutputStream bytes) {
    return new OutputStreamWriter(bytes, StandardCharsets.UTF_8);
  }

  private int report(Exception failure, CommandLine commandLine, ParseResult parsed) {
    if (ClosingStack.processIsEnding()) {
      return ExitCode.FAILED;
    }
    PrintWriter err = commandLine.getErr();
    err.println("millrace " + commandLine.getCommandName() + ": " + Causes.describe(failure));
    if (verbose) {
      failure.printStackTrace(err);
    }
    err.flush();
    return ExitCode.FAILED;
  }
}
