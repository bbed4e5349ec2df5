package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.cli.report.LoadDisplay;
import dev.millrace.engine.Completion;
import dev.millrace.engine.Device;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.Precision;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.ChatMessage;
import dev.millrace.engine.text.ChatTemplate;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One prompt, one answer, straight through the engine. */
@Command(
    name = "generate",
    header = "Answer one prompt, without broker or job: to try a checkpoint.",
    description = {
      "The prompt becomes a user's message in the checkpoint's chat template, or is continued",
      "as it is with --raw. The answer goes to stdout as it is generated, everything else to",
      "stderr. The same seed gives the same answer."
    },
    footer = {
      "  millrace generate \"Summarise in one sentence: ...\"",
      "  millrace generate --choice complaint,praise \"The parcel never came.\"",
      "  millrace generate --raw --max-tokens 20 \"Once upon a time\"",
      "  millrace generate --model ~/models/Llama-3.2-1B-Instruct --temperature 0.7 - < letter.txt"
    })
final class GenerateCommand implements Callable<Integer> {
  private static final String STDIN = "-";

  @Spec private CommandSpec spec;
  @Mixin private ModelOption model;

  @ArgGroup(exclusive = true)
  private FormatOption format = new FormatOption();

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "256",
      description = "The most tokens of the answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0",
      description = "0 takes the likeliest token always. Default: ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description = "Sample among the likeliest tokens of this probability together.")
  private double topP;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Sample among this many likeliest tokens; 0: all.")
  private int topK;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the sampling. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--system", paramLabel = "TEXT", description = "What the system says first.")
  private Optional<String> system = Optional.empty();

  @Option(names = "--raw", description = "Continue the prompt as it is, without chat template.")
  private boolean raw;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the answer before this text; may be given several times.")
  private List<String> stop = List.of();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N. Default: ${DEFAULT-VALUE}.")
  private String device;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description = "float32, bfloat16 or auto. Default: ${DEFAULT-VALUE}.")
  private String precision;

  @Parameters(paramLabel = "PROMPT", description = "The prompt; - reads standard input.")
  private String prompt;

  @Override
  public Integer call() throws IOException {
    Installation installation = Installation.current();
    Path checkpoint = model.checkpoint(installation);
    EngineOptions options = checked(() -> options(checkpoint));
    Sampling sampling = checked(() -> new Sampling(1, 0, 0, temperature, topK, topP, 0, seed));
    String text = prompt.equals(STDIN) ? new String(System.in.readAllBytes(), UTF_8) : prompt;
    Optional<ResponseFormat> answerFormat = checked(format::format);
    Stopwatch loading = Stopwatch.start();
    LoadDisplay progress = new LoadDisplay(spec.commandLine().getErr(), installation.terminal());
    try (Engine engine = Engine.open(options, progress)) {
      tell("%s loaded in %.1f s%n", checkpoint.getFileName(), loading.seconds());
      TokenIds tokens = encode(engine, checkpoint, text);
      GenerateRequest request =
          checked(
              () -> {
                GenerateRequest.Builder builder =
                    GenerateRequest.builder("prompt", tokens)
                        .maxTokens(maxTokens)
                        .sampling(sampling)
                        .stopStrings(stop);
                answerFormat.ifPresent(builder::responseFormat);
                return builder.build();
              });
      report(new AnswerStream(engine, spec.commandLine().getOut()).print(request));
    }
    return ExitCode.DONE;
  }

  private EngineOptions options(Path checkpoint) {
    return EngineOptions.of(checkpoint).on(Device.parse(device)).in(Precision.parse(precision));
  }

  private TokenIds encode(Engine engine, Path checkpoint, String text) {
    if (raw) {
      return TokenIds.of(engine.tokenizer().encode(text, true));
    }
    ChatTemplate template = ChatTemplate.load(checkpoint, engine.tokenizer().vocabulary());
    if (!template.isPresent()) {
      throw new CommandException(
          checkpoint + " has no chat template: continue the prompt as it is with --raw");
    }
    return TokenIds.of(engine.tokenizer().encode(template.render(conversation(text), true)));
  }

  private List<ChatMessage> conversation(String text) {
    List<ChatMessage> messages = new ArrayList<>();
    system.ifPresent(content -> messages.add(new ChatMessage("system", content)));
    messages.add(new ChatMessage("user", text));
    return messages;
  }

  private void report(Completion completion) {
    double total = completion.timing().total().toNanos() / 1e9;
    tell(
        "%d prompt tokens, %d generated in %.2f s: %.0f tokens/s, the first after %.2f s%n",
        completion.usage().promptTokens(),
        completion.tokens().size(),
        total,
        completion.tokens().size() / total,
        completion.timing().toFirstToken().toNanos() / 1e9);
    completion.labelScores().ifPresent(this::report);
    if (completion.finishReason() == FinishReason.LENGTH) {
      tell("the answer was cut at --max-tokens %d%n", maxTokens);
    }
  }

  private void report(LabelScores scores) {
    scores.probabilities().forEach((label, probability) -> tell("%8.4f  %s%n", probability, label));
  }

  private void tell(String format, Object... values) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf(Locale.ROOT, format, values);
    err.flush();
  }

  /** An impossible value of an option is a wrong command line. */
  private <T> T checked(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
