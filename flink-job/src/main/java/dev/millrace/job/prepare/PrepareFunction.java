package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.model.ModelOpening;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.task.Tasks;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * Decodes, validates and renders prompts on the task's own thread, so that the engine's thread
 * never has to.
 */
public final class PrepareFunction extends RichMapFunction<PromptRecord, Prepared> {
  private static final long serialVersionUID = 1L;

  private final JobSettings settings;
  private final ModelRuntimeFactory models;
  private transient ModelRuntime model;
  private transient PromptPreparer preparer;

  public PrepareFunction(JobSettings settings, ModelRuntimeFactory models) {
    this.settings = requireNonNull(settings, "settings");
    this.models = requireNonNull(models, "models");
  }

  @Override
  public void open(OpenContext context) {
    model = ModelOpening.open(models, settings.model());
    Tasks tasks = settings.tasks().tasks();
    try {
      ResponseFormats.prepare(model, tasks);
    } catch (ConfigurationException e) {
      throw new SuppressRestartsException(e); // which trying again cannot help
    }
    preparer =
        new PromptPreparer(
            model,
            settings.defaults(),
            tasks,
            settings.guard().guards(),
            RecordReader.of(settings, tasks));
  }

  @Override
  public Prepared map(PromptRecord prompt) {
    return preparer.prepare(prompt);
  }

  @Override
  public void close() {
    // Flink closes what it could not open, too.
    if (model != null) {
      model.close();
    }
  }
}
