package dev.millrace.it.chaos;

import dev.millrace.it.PromptMix;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Feeds a cluster with prompts, injures it while it generates, waits until it has recovered, and
 * injures it again; in the end every prompt's outcome is compared with what it must be.
 */
final class ChaosRun {
  private static final int LONGEST_PAUSE_MILLIS = 2_000;

  private final List<Fault> faults;
  private final Workload workload;
  private final long seed;
  private final Map<String, String> settings;
  private final Random random;
  private final List<ChaosReport.Injury> injuries = new ArrayList<>();
  private final long started = System.nanoTime();

  /**
   * @param seed of the moments at which the faults happen
   * @param settings of the job, beside or instead of the usual ones
   */
  ChaosRun(List<Fault> faults, Workload workload, long seed, Map<String, String> settings) {
    this.faults = List.copyOf(faults);
    this.workload = workload;
    this.seed = seed;
    this.settings = Map.copyOf(settings);
    random = new Random(seed);
  }

  /** So many faults at random, every kind among them if there are enough. */
  static List<Fault> random(int count, long seed) {
    Random random = new Random(seed);
    List<Fault> kinds = List.of(Fault.values());
    List<Fault> faults = new ArrayList<>(kinds);
    while (faults.size() < count) {
      faults.add(kinds.get(random.nextInt(kinds.size())));
    }
    Collections.shuffle(faults, random);
    return faults.subList(0, count);
  }

  ChaosReport run(Path folder) throws IOException {
    Path model = Workload.writeModel(folder.resolve("model"));
    Map<String, String> texts = workload.undisturbedTexts(model);
    say(texts.size() + " texts are known");
    try (ChaosCluster cluster = new ChaosCluster(folder, model, settings);
        TokenRate rate = new TokenRate(cluster.tokens(), ChaosCluster.CHECKPOINT_INTERVAL)) {
      cluster.startJob();
      cluster.awaitRecovery(); // there must be a checkpoint to go on from
      say("the job runs");
      List<List<Workload.Prompt>> shares = shares(workload.prompts(), faults.size());
      for (int i = 0; i < faults.size(); i++) {
        cluster.send(shares.get(i));
        injure(cluster, faults.get(i));
      }
      cluster.awaitOutcomes(texts.size() + cluster.poison().size());
      cluster.stopJob();
      OutcomeLedger.Outcomes outcomes;
      try (var admin = cluster.broker().admin()) {
        outcomes = cluster.outcomes().readToEnd(admin);
      }
      return report(model, texts, cluster, outcomes, rate.most());
    }
  }

  private void injure(ChaosCluster cluster, Fault fault) {
    cluster.awaitGeneration();
    Waiting.pause(Duration.ofMillis(random.nextInt(LONGEST_PAUSE_MILLIS)));
    long begin = System.nanoTime();
    int loads = cluster.flink().modelLoads();
    say(fault + " at parallelism " + cluster.parallelism());
    fault.injure(cluster, random);
    cluster.awaitRecovery();
    double recovery = (System.nanoTime() - begin) / 1e9;
    injuries.add(
        new ChaosReport.Injury(
            fault,
            (begin - started) / 1_000_000_000,
            recovery,
            cluster.parallelism(),
            cluster.flink().modelLoads() - loads));
    say(
        "recovered after %.1f s, %d outcomes, %d tokens"
            .formatted(recovery, cluster.outcomes().count(), cluster.tokens().total()));
  }

  private ChaosReport report(
      Path model,
      Map<String, String> texts,
      ChaosCluster cluster,
      OutcomeLedger.Outcomes outcomes,
      long mostInAnInterval) {
    Map<String, PromptMix.Prompt> poison = cluster.poison();
    Checker checker = new Checker(workload, texts, poison, outcomes);
    Map<String, String> others = checker.otherTexts();
    List<String> rounded = workload.roundedOtherwise(model, others);
    return new ChaosReport(
        seed,
        List.copyOf(injuries),
        texts.size(),
        poison.size(),
        outcomes.completions().size(),
        outcomes.letters().size(),
        outcomes.latencies().size(),
        checker.lost(),
        checker.duplicated(),
        checker.withoutOneLatency(),
        checker.wrong(),
        others.keySet().stream().filter(id -> !rounded.contains(id)).toList(),
        rounded,
        checker.resumed(),
        checker.tokens(),
        cluster.tokens().total(),
        mostInAnInterval,
        cluster.tokensWithoutBroker(),
        (System.nanoTime() - started) / 1_000_000_000);
  }

  private static List<List<Workload.Prompt>> shares(List<Workload.Prompt> prompts, int count) {
    List<List<Workload.Prompt>> shares = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shares.add(prompts.subList(prompts.size() * i / count, prompts.size() * (i + 1) / count));
    }
    return shares;
  }

  private void say(String what) {
    System.out.printf("[%4d s] %s%n", (System.nanoTime() - started) / 1_000_000_000, what);
  }
}
