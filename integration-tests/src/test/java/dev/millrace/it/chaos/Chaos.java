package dev.millrace.it.chaos;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The long run, started by {@code chaos.sh}. */
@Command(
    name = "chaos.sh",
    mixinStandardHelpOptions = true,
    description =
        "Injures a cluster of real processes while it generates, and checks the outcomes.")
public final class Chaos implements Callable<Integer> {
  @Option(names = "--faults", defaultValue = "40", description = "default: ${DEFAULT-VALUE}")
  private int faults;

  @Option(names = "--prompts", defaultValue = "5000", description = "default: ${DEFAULT-VALUE}")
  private int prompts;

  @Option(
      names = "--longest-answer",
      defaultValue = "" + Workload.LONGEST,
      description = "in tokens; default: ${DEFAULT-VALUE}")
  private int longestAnswer;

  @Option(names = "--seed", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
  private long seed;

  @Option(
      names = "--folder",
      defaultValue = "target/chaos",
      description = "report and logs go here; default: ${DEFAULT-VALUE}")
  private Path folder;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Chaos()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    Path run = Files.createDirectories(folder.resolve("run-" + ProcessHandle.current().pid()));
    System.out.println("logs and report: " + run.toAbsolutePath());
    Workload workload = new Workload(prompts, seed, longestAnswer);
    ChaosReport report =
        new ChaosRun(ChaosRun.random(faults, seed), workload, seed, Map.of())
            .run(run.toAbsolutePath());
    report.write(run);
    System.out.println(report.markdown());
    return report.isFlawless() ? 0 : 1;
  }
}
