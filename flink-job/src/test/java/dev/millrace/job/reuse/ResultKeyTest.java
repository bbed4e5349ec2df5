package dev.millrace.job.reuse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.Tenant;
import dev.millrace.engine.TokenIds;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Prompts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ResultKeyTest {
  @Test
  void whoAsksAndHowUrgentItIsMakeNoDifference() {
    GenerateRequest request =
        Prompts.request("b", "hello")
            .priority(7)
            .deadline(Instant.EPOCH)
            .tenant(new Tenant("t", 2))
            .resumeFrom(TokenIds.of(1))
            .build();

    assertThat(key(request)).isEqualTo(key(Prompts.request("a", "hello").build()));
  }

  @Test
  void theSeedMattersOnlyWhereTheAnswerIsSampled() {
    Sampling greedy = Sampling.greedy();
    assertThat(key(sampling(greedy.withSeed(1)))).isEqualTo(key(sampling(greedy.withSeed(2))));

    assertThat(key(sampling(Sampling.ofTemperature(1, 1))))
        .isEqualTo(key(sampling(Sampling.ofTemperature(1, 1))))
        .isNotEqualTo(key(sampling(Sampling.ofTemperature(1, 2))));
  }

  @Test
  void allThatDecidesOnTheAnswerMakesAnotherKey() {
    List<GenerateRequest> different =
        List.of(
            Prompts.request("a", "hello").build(),
            Prompts.request("a", "hello!").build(),
            Prompts.request("a", "hello").maxTokens(21).build(),
            Prompts.request("a", "hello").stopStrings(List.of("x")).build(),
            Prompts.request("a", "hello").stopTokens(Set.of(3)).build(),
            Prompts.request("a", "hello").topLogprobs(1).build(),
            Prompts.request("a", "hello").ignoreEndOfSequence().build(),
            sampling(Sampling.ofTemperature(0.5, 0)),
            sampling(new Sampling(1.1, 0, 0, 0, 0, 1, 0, 0)));
    Stream<String> keys =
        Stream.concat(
            different.stream().map(ResultKeyTest::key),
            Stream.of(key(Prompts.request("a", "hello").build(), "another template")));

    assertThat(keys).doesNotHaveDuplicates();
  }

  private static GenerateRequest sampling(Sampling sampling) {
    return Prompts.request("a", "hello").sampling(sampling).build();
  }

  private static String key(GenerateRequest request) {
    return key(request, "template");
  }

  private static String key(GenerateRequest request, String templateVersion) {
    return ResultKey.of(
        new GenerationTask(Prompts.record("{}"), request, Map.of(), templateVersion));
  }
}
