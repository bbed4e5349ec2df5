package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Requests to measure an engine with: random prompts, and answers that no end-of-sequence token
 * shortens, so that every run does the same work.
 *
 * @param requests how many
 * @param prompt how long their prompts are, the shared prefix not counted
 * @param answer how many tokens they generate
 * @param sharedPrefix tokens with which all prompts begin
 */
public record Workload(String name, int requests, Range prompt, Range answer, int sharedPrefix) {

  /** Lengths from {@code least} to {@code most}, evenly distributed. */
  public record Range(int least, int most) {
    public Range {
      if (least < 1 || most < least) {
        throw new IllegalArgumentException("a range of %d to %d tokens".formatted(least, most));
      }
    }

    static Range of(int length) {
      return new Range(length, length);
    }

    int draw(Random random) {
      return least + random.nextInt(most - least + 1);
    }
  }

  public Workload {
    requireNonNull(name, "name");
    requireNonNull(prompt, "prompt");
    requireNonNull(answer, "answer");
    if (requests < 1 || sharedPrefix < 0) {
      throw new IllegalArgumentException(
          "%d requests with a shared prefix of %d".formatted(requests, sharedPrefix));
    }
  }

  /** The workload of this name, for a batch of this size. */
  public static Optional<Workload> named(String name, int batch) {
    return switch (name) {
      case "decode" -> Optional.of(new Workload(name, batch, Range.of(128), Range.of(64), 0));
      case "mixed" ->
          Optional.of(new Workload(name, 256, new Range(100, 1024), new Range(100, 1024), 0));
      case "summarise" ->
          Optional.of(new Workload(name, 32, new Range(1000, 2000), Range.of(128), 0));
      case "label" -> Optional.of(new Workload(name, 256, new Range(10, 40), Range.of(5), 500));
      default -> Optional.empty();
    };
  }

  /** The same with another number of requests. */
  public Workload withRequests(int count) {
    return new Workload(name, count, prompt, answer, sharedPrefix);
  }

  /** The same with prompts of one length. */
  public Workload withPrompts(int tokens) {
    return new Workload(name, requests, Range.of(tokens), answer, sharedPrefix);
  }

  /** The same with answers of one length. */
  public Workload withAnswers(int tokens) {
    return new Workload(name, requests, prompt, Range.of(tokens), sharedPrefix);
  }

  /** A short run of the same kind, after which every kernel has been compiled and used. */
  public Workload warmUp(int batch) {
    int longest = Math.min(answer.most(), 8);
    return new Workload(
        name,
        Math.min(requests, batch),
        prompt,
        new Range(Math.min(answer.least(), longest), longest),
        sharedPrefix);
  }

  /**
   * The requests; the same ones for the same seed.
   *
   * @param vocabulary how many token ids there are
   */
  public List<GenerateRequest> requests(int vocabulary, long seed) {
    Random random = new Random(seed);
    int[] prefix = tokens(random, vocabulary, sharedPrefix);
    List<GenerateRequest> made = new ArrayList<>(requests);
    for (int i = 0; i < requests; i++) {
      int[] own = tokens(random, vocabulary, prompt.draw(random));
      int[] all = IntStream.concat(IntStream.of(prefix), IntStream.of(own)).toArray();
      made.add(
          GenerateRequest.builder(name + "-" + i, TokenIds.of(all))
              .maxTokens(answer.draw(random))
              .ignoreEndOfSequence()
              .build());
    }
    return made;
  }

  private static int[] tokens(Random random, int vocabulary, int count) {
    return random.ints(count, 0, vocabulary).toArray();
  }
}
