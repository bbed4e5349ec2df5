package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.guard.Guards;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.prepare.PromptPreparer;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.registry.FakeRegistry;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.RegistryFrame;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RegistryAbsenceTest {
  private static final Schema ORDER =
      SchemaBuilder.record("Order").fields().requiredString("remarks").endRecord();
  private static final byte[] BODY = {4, 'o', 'k'};

  @TempDir Path folder;

  @Test
  void anEventThatWasInFlightIsFinishedThoughTheRegistryIsGone() throws Exception {
    Files.writeString(
        folder.resolve("tasks.yaml"),
        """
        tasks:
          triage:
            kind: enrich
            version: 1
            prompt: "{{ text }}"
            enrich: {fields: {kind: {enum: [a, b]}}, topic: orders-triaged}
            from: {topic: orders, format: avro, input: {text: /remarks}}
        """);
    OperatorSubtaskState state;
    String url;
    try (FakeRegistry registry = new FakeRegistry()) {
      url = registry.url();
      JobSettings settings = settings(url);
      FakeModel model = FakeModel.driven();
      try (OperatorUnderTest operator = OperatorUnderTest.on(model, settings)) {
        operator.process(prepared(model, settings, registry.add(ORDER)));
        state = operator.snapshot();
      }
    }

    // Another address, so that this process has nothing of its own to remember either.
    FakeModel model = FakeModel.driven();
    try (OperatorUnderTest operator =
        OperatorUnderTest.restored(model, settings(url + "/gone"), state)) {
      model.submitted(0).generate("{\"kind\":\"b\"}").finish();
      operator.runMails();

      assertThat(operator.output())
          .extracting(OutputRecord::topic)
          .contains(OutputTopic.COMPLETIONS, OutputTopic.OF_TASK);
      byte[] event =
          operator.output().stream()
              .filter(record -> record.topic() == OutputTopic.OF_TASK)
              .map(record -> record.value().array())
              .findFirst()
              .orElseThrow();
      assertThat(RegistryFrame.isFramed(event)).isTrue();
      assertThat(event).endsWith(4, 'o', 'k', 2, 2, 'b');
    }
  }

  private JobSettings settings(String url) {
    return TestSettings.with(
        "millrace.registry.url", url, "millrace.tasks", folder.resolve("tasks.yaml").toString());
  }

  private static Prepared prepared(FakeModel model, JobSettings settings, int id) {
    Tasks tasks = settings.tasks().tasks();
    byte[] value = new byte[RegistryFrame.HEADER_BYTES + BODY.length];
    System.arraycopy(RegistryFrame.header(id), 0, value, 0, RegistryFrame.HEADER_BYTES);
    System.arraycopy(BODY, 0, value, RegistryFrame.HEADER_BYTES, BODY.length);
    return new PromptPreparer(
            model, settings.defaults(), tasks, Guards.none(), RecordReader.of(settings, tasks))
        .prepare(
            new PromptRecord(
                "orders",
                0,
                7,
                OptionalLong.of(1),
                Optional.empty(),
                Optional.of(Bytes.of(value)),
                List.of(),
                2));
  }
}
