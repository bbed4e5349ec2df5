package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.Prepared;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/** Makes {@link GenerateOperator}s. */
public final class GenerateOperatorFactory extends AbstractStreamOperatorFactory<OutputRecord>
    implements OneInputStreamOperatorFactory<Prepared, OutputRecord> {
  private static final long serialVersionUID = 1L;

  private final JobSettings settings;
  private final ModelRuntimeFactory models;

  public GenerateOperatorFactory(JobSettings settings, ModelRuntimeFactory models) {
    this.settings = requireNonNull(settings, "settings");
    this.models = requireNonNull(models, "models");
    setChainingStrategy(ChainingStrategy.ALWAYS);
  }

  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Flink's signature
  public <T extends StreamOperator<OutputRecord>> T createStreamOperator(
      StreamOperatorParameters<OutputRecord> parameters) {
    return (T) new GenerateOperator(parameters, settings, models);
  }

  @Override
  @SuppressWarnings("rawtypes") // Flink's signature
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
    return GenerateOperator.class;
  }
}
