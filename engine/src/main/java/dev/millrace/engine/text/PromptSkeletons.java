package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.text.JinjaTemplate.Trace;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Skeletons of the prompts that a chat template writes, by the roles of their messages: most
 * templates do the same for all conversations in which the same take turns, and interpreting them
 * takes many times as long as filling in the texts. Safe for all threads.
 */
final class PromptSkeletons {
  private static final int MOST_SHAPES = 256;
  private static final long ANY_SECOND = Long.MIN_VALUE;

  /** Renders messages and notices whether their texts were only handed on. */
  @FunctionalInterface
  interface Tracer {
    Optional<Trace> trace(List<ChatMessage> messages, boolean addGenerationPrompt);
  }

  private record Shape(List<String> roles, boolean addGenerationPrompt) {}

  /**
   * @param skeleton empty where texts decide what is written
   * @param second of the clock for which it holds
   */
  private record Known(Optional<PromptSkeleton> skeleton, long second) {
    static final Known NOTHING = new Known(Optional.empty(), ANY_SECOND);
  }

  private final Tracer tracer;
  private final Clock clock;
  private final Map<Shape, Known> known = new ConcurrentHashMap<>();

  PromptSkeletons(Tracer tracer, Clock clock) {
    this.tracer = requireNonNull(tracer, "tracer");
    this.clock = requireNonNull(clock, "clock");
  }

  /** The skeleton of the prompts for messages with these roles, if they have one. */
  Optional<PromptSkeleton> of(List<String> roles, boolean addGenerationPrompt) {
    Shape shape = new Shape(roles, addGenerationPrompt);
    Known skeleton = known.get(shape);
    if (skeleton == null || isPast(skeleton)) {
      if (known.size() >= MOST_SHAPES) {
        known.clear(); // the common ones are back soon
      }
      skeleton = find(shape);
      known.put(shape, skeleton);
    }
    return skeleton.skeleton();
  }

  private boolean isPast(Known skeleton) {
    return skeleton.second() != ANY_SECOND && skeleton.second() != second();
  }

  private long second() {
    return clock.instant().getEpochSecond();
  }

  private Known find(Shape shape) {
    List<String> roles = shape.roles();
    if (roles.size() > PromptSkeleton.MOST_MESSAGES
        || roles.stream().anyMatch(PromptSkeleton::clashesWith)) {
      return Known.NOTHING;
    }
    List<String> texts = PromptSkeleton.standIns(roles.size());
    List<ChatMessage> messages =
        IntStream.range(0, roles.size())
            .mapToObj(i -> new ChatMessage(roles.get(i), texts.get(i)))
            .toList();
    long second = second();
    try {
      return tracer
          .trace(messages, shape.addGenerationPrompt())
          .map(
              trace ->
                  new Known(
                      PromptSkeleton.of(trace.text()), trace.ofThisMoment() ? second : ANY_SECOND))
          .orElse(Known.NOTHING);
    } catch (ChatTemplateException refused) {
      return Known.NOTHING; // as the conversation itself will be, with the template's words
    }
  }
}
