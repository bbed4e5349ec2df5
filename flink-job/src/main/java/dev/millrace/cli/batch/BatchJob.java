package dev.millrace.cli.batch;

import dev.millrace.cli.local.LocalFlink;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.PromptRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.BasePathBucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.DefaultRollingPolicy;
import org.apache.flink.streaming.api.graph.StreamGraph;

/** The job's own topology between work files and outcome files. */
final class BatchJob {
  /** A file is committed that long after it was begun, and at the end. */
  private static final Duration FILE_INTERVAL = Duration.ofMinutes(1);

  private static final MemorySize FILE_SIZE = MemorySize.ofMebiBytes(64);

  private BatchJob() {}

  static StreamGraph define(
      BatchSettings settings, BatchFolder folder, LocalFlink flink, Optional<Path> restoreFrom) {
    StreamExecutionEnvironment environment =
        flink.environment(settings.commitInterval(), restoreFrom);
    MillraceJob.defineWorkflow(
        environment, source(folder), sink(folder), settings.job(), settings.models());
    StreamGraph graph = environment.getStreamGraph();
    graph.setJobName("millrace batch " + settings.input().getFileName());
    return graph;
  }

  private static FileSource<PromptRecord> source(BatchFolder folder) {
    return FileSource.forRecordStreamFormat(new WorkFormat(), flinkPath(folder.work())).build();
  }

  private static FileSink<OutputRecord> sink(BatchFolder folder) {
    return FileSink.forRowFormat(flinkPath(folder.outcomes()), new OutcomeEncoder())
        .withBucketAssigner(new BasePathBucketAssigner<>())
        .withRollingPolicy(
            DefaultRollingPolicy.builder()
                .withRolloverInterval(FILE_INTERVAL)
                .withInactivityInterval(FILE_INTERVAL)
                .withMaxPartSize(FILE_SIZE)
                .build())
        .build();
  }

  private static org.apache.flink.core.fs.Path flinkPath(Path path) {
    return new org.apache.flink.core.fs.Path(path.toUri());
  }
}
