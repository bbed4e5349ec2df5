package dev.millrace.it.chaos;

import dev.millrace.it.PromptMix;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares the outcomes with what they must be. */
final class Checker {
  private final Set<String> scored;
  private final Map<String, String> texts;
  private final Map<String, PromptMix.Prompt> poison;
  private final OutcomeLedger.Outcomes outcomes;
  private final Map<String, Integer> outcomesByKey = new HashMap<>();
  private final Map<String, Integer> latenciesById = new HashMap<>();

  /**
   * @param workload the good prompts
   * @param texts the undisturbed text of each good prompt
   * @param poison the bad records
   */
  Checker(
      Workload workload,
      Map<String, String> texts,
      Map<String, PromptMix.Prompt> poison,
      OutcomeLedger.Outcomes outcomes) {
    scored =
        workload.prompts().stream()
            .filter(Workload.Prompt::scored)
            .map(Workload.Prompt::id)
            .collect(Collectors.toSet());
    this.texts = texts;
    this.poison = poison;
    this.outcomes = outcomes;
    outcomes.completions().forEach(each -> outcomesByKey.merge(each.key(), 1, Integer::sum));
    outcomes.letters().forEach(each -> outcomesByKey.merge(each.key(), 1, Integer::sum));
    outcomes.latencies().forEach(each -> latenciesById.merge(each.id(), 1, Integer::sum));
  }

  List<String> lost() {
    return Stream.concat(texts.keySet().stream(), poison.keySet().stream())
        .filter(key -> !outcomesByKey.containsKey(key))
        .toList();
  }

  List<String> duplicated() {
    return outcomesByKey.entrySet().stream()
        .filter(each -> each.getValue() > 1)
        .map(Map.Entry::getKey)
        .toList();
  }

  List<String> withoutOneLatency() {
    Set<String> ids = new HashSet<>(latenciesById.keySet());
    outcomes.completions().forEach(each -> ids.add(each.id()));
    return ids.stream()
        .filter(id -> latenciesById.getOrDefault(id, 0) != 1 || !texts.containsKey(id))
        .toList();
  }

  List<String> wrong() {
    return Stream.concat(
            outcomes.completions().stream()
                .filter(each -> !isExpected(each))
                .map(OutcomeLedger.Completion::key),
            outcomes.letters().stream()
                .filter(each -> !isExpected(each))
                .map(each -> each.key() + " " + each.code()))
        .toList();
  }

  /** The texts that are not the undisturbed ones, by the keys of their prompts. */
  Map<String, String> otherTexts() {
    return outcomes.completions().stream()
        .filter(each -> !each.text().equals(texts.get(each.key())))
        .collect(
            Collectors.toMap(
                OutcomeLedger.Completion::key,
                OutcomeLedger.Completion::text,
                (first, second) -> first)); // what is there twice is reported as such
  }

  int resumed() {
    return (int) outcomes.latencies().stream().filter(each -> each.resumedTokens() > 0).count();
  }

  long tokens() {
    return outcomes.completions().stream().mapToLong(OutcomeLedger.Completion::tokens).sum();
  }

  private boolean isExpected(OutcomeLedger.Completion completion) {
    int logprobs = scored.contains(completion.key()) ? completion.tokens() : 0;
    return texts.containsKey(completion.key())
        && completion.id().equals(completion.key())
        && completion.logprobs() == logprobs;
  }

  private boolean isExpected(OutcomeLedger.Letter letter) {
    PromptMix.Prompt prompt = poison.get(letter.key());
    return prompt != null && letter.code().equals(prompt.refusal().orElseThrow().name());
  }
}
