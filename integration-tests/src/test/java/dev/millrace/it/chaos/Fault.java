package dev.millrace.it.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Random;

/** Something that happens to a cluster. When it returns, the cause is gone and recovery begins. */
enum Fault {
  /** kill -9 of a task manager that generates; another one takes its place. */
  TASK_MANAGER_KILLED {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      String victim = victim(cluster, random);
      cluster.flink().taskManager(victim).kill();
      cluster.flink().replaceTaskManager(victim);
      awaitGivenUp(cluster, victim);
    }
  },

  /** kill -9 of the only broker; it comes back on its data. */
  BROKER_KILLED {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      cluster.withoutBroker(() -> Waiting.pause(Duration.ofMillis(random.nextInt(3_000))));
    }
  },

  /**
   * kill -9 of the only broker, which stays away until the job has given up waiting for it and
   * fails, and longer than a short transaction timeout.
   */
  BROKER_AWAY {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      // What a checkpoint says is written must be committed before its transaction expires.
      cluster.awaitCommit();
      cluster.withoutBroker(
          () -> {
            Waiting.pause(OUTAGE);
            cluster.awaitFailure();
          });
    }
  },

  /** kill -9 of the job manager; another one is started, and the job on its last checkpoint. */
  JOB_MANAGER_KILLED {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      cluster.loseJobManager();
    }
  },

  /** SIGSTOP of a task manager until it is given up; then it wakes and finds out. */
  TASK_MANAGER_FROZEN {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      String victim = victim(cluster, random);
      ChildJvm process = cluster.flink().taskManager(victim);
      process.freeze();
      try {
        awaitGivenUp(cluster, victim);
      } finally {
        process.thaw();
      }
    }
  },

  /** Nothing more can be written to the disk of the checkpoints, until two have failed. */
  DISK_FULL {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      FlinkRest rest = cluster.flink().rest();
      int failed = rest.checkpoints(cluster.job()).failed();
      cluster.disk().fill();
      try {
        Waiting.until(
            "two checkpoints have failed",
            Duration.ofMinutes(5),
            () -> rest.checkpoints(cluster.job()).failed() >= failed + 2);
      } finally {
        cluster.disk().free();
      }
    }
  },

  /** The job is cancelled and submitted again on the checkpoint it left. */
  CANCELLED_AND_RESTORED {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      cluster.cancelAndRestore();
    }
  },

  /** From 1 to 2 subtasks or back, through a savepoint, with another batch size. */
  RESCALED {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      cluster.rescale();
    }
  },

  /** Hundreds of records of every bad kind at once, also of those that make the model fail. */
  POISON_FLOOD {
    @Override
    void injure(ChaosCluster cluster, Random random) {
      String name = "flood-" + cluster.poison().size();
      cluster.sendPoison(Workload.poison(name, COPIES_OF_POISON));
    }
  };

  private static final int COPIES_OF_POISON = 10;
  private static final Duration OUTAGE = Duration.ofSeconds(12);

  abstract void injure(ChaosCluster cluster, Random random);

  private static void awaitGivenUp(ChaosCluster cluster, String victim) {
    Waiting.until(
        victim + " is given up",
        Duration.ofMinutes(3),
        () -> !cluster.flink().rest().taskManagers().contains(victim));
  }

  private static String victim(ChaosCluster cluster, Random random) {
    List<String> generating = cluster.flink().rest().taskManagersOf(cluster.job());
    return generating.get(random.nextInt(generating.size()));
  }
}
