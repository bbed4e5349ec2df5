package dev.millrace.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Looks at a topic's records, or sends some, as they are. */
@Command(
    name = "topic",
    header = "Send lines to a topic as they are, or print a topic's records.",
    description = {
      "For the topics of events that tasks are bound to, and those that tasks write to.",
      "Prompts are sent with 'millrace submit', outcomes fetched with 'millrace collect'."
    },
    footer = {
      "  millrace topic send support-events events.jsonl",
      "  millrace topic read support-events-enriched --count 5"
    },
    subcommands = {TopicSendCommand.class, TopicReadCommand.class})
final class TopicCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** Called when no subcommand was named. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "name what to do, for example: millrace topic read label-review");
  }
}
