package dev.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.GenerateRequest;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkloadTest {
  private static final int VOCABULARY = 1000;

  @Test
  void mixed_is_256_requests_of_100_to_1024_tokens_in_and_out() {
    List<GenerateRequest> requests = requests("mixed");
    assertThat(requests)
        .hasSize(256)
        .allSatisfy(
            request -> {
              assertThat(request.prompt().size()).isBetween(100, 1024);
              assertThat(request.maxTokens()).isBetween(100, 1024);
              assertThat(request.endOfSequenceIgnored()).isTrue();
            });
  }

  @Test
  void decode_is_as_many_requests_as_the_batch_has() {
    assertThat(requests("decode"))
        .hasSize(7)
        .allSatisfy(request -> assertThat(request.prompt().size()).isEqualTo(128));
  }

  @Test
  void labels_share_a_prefix_of_500_tokens_and_nothing_more() {
    List<GenerateRequest> requests = requests("label");
    int[] first = requests.get(0).prompt().toArray();
    int[] second = requests.get(1).prompt().toArray();
    assertThat(Arrays.mismatch(first, second)).isBetween(500, 503);
  }

  @Test
  void a_seed_makes_the_same_requests_and_another_seed_others() {
    Workload workload = Workload.named("summarise", 1).orElseThrow();
    assertThat(workload.requests(VOCABULARY, 0).get(3).prompt())
        .isEqualTo(workload.requests(VOCABULARY, 0).get(3).prompt())
        .isNotEqualTo(workload.requests(VOCABULARY, 1).get(3).prompt());
  }

  @Test
  void nobody_knows_a_workload_of_another_name() {
    assertThat(Workload.named("chat", 1)).isEmpty();
  }

  private static List<GenerateRequest> requests(String name) {
    return Workload.named(name, 7).orElseThrow().requests(VOCABULARY, 0);
  }
}
