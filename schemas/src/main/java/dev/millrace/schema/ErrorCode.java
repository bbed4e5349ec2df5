package dev.millrace.schema;

/**
 * The stable names of everything that can make a prompt a {@link DeadLetter}.
 *
 * <p>A name never changes its meaning and is never removed; new ones may be added. Programs that
 * react to dead letters compare {@link DeadLetter#getCode()} with {@link #name()}.
 */
public enum ErrorCode {
  /** The value is neither JSON nor Avro in a known framing, or its Avro body is damaged. */
  UNDECODABLE(Stage.DECODE),
  /**
   * The value is Avro of a schema that nobody knows: by its fingerprint this version, or by its id
   * the registry.
   */
  UNKNOWN_SCHEMA(Stage.DECODE),
  /** The registry's schema of the value is of something else, or its events do not take fields. */
  INCOMPATIBLE_SCHEMA(Stage.DECODE),
  /** The value starts like JSON but is not well-formed. */
  INVALID_JSON(Stage.DECODE),
  /** A field that must be present is not. */
  MISSING_FIELD(Stage.DECODE),
  /** A field that the schema does not have, often a misspelt one. */
  UNKNOWN_FIELD(Stage.DECODE),
  /** A field holds a value of the wrong type. */
  WRONG_TYPE(Stage.DECODE),
  /** The record has no value at all (a tombstone). */
  NULL_VALUE(Stage.DECODE),
  /** The record is larger than the job accepts. */
  RECORD_TOO_LARGE(Stage.DECODE),

  /** The id is empty. */
  INVALID_ID(Stage.VALIDATE),
  /** There is nothing to answer: no message, an empty prompt, neither messages, prompt nor task. */
  NO_MESSAGES(Stage.VALIDATE),
  /** More than one of messages, prompt and task is given. */
  AMBIGUOUS_INPUT(Stage.VALIDATE),
  /** max_tokens is not positive. */
  INVALID_MAX_TOKENS(Stage.VALIDATE),
  /** temperature is negative or not a finite number. */
  INVALID_TEMPERATURE(Stage.VALIDATE),
  /** top_p is outside (0, 1]. */
  INVALID_TOP_P(Stage.VALIDATE),
  /** top_k is negative. */
  INVALID_TOP_K(Stage.VALIDATE),
  /** min_p is outside [0, 1]. */
  INVALID_MIN_P(Stage.VALIDATE),
  /** A repetition, presence or frequency penalty is out of range. */
  INVALID_PENALTY(Stage.VALIDATE),
  /** A stop text is empty, or there are too many. */
  INVALID_STOP(Stage.VALIDATE),
  /** logprobs is out of range. */
  INVALID_LOGPROBS(Stage.VALIDATE),
  /** response_format lacks what its type needs, or asks for a form this job cannot guarantee. */
  INVALID_RESPONSE_FORMAT(Stage.VALIDATE),
  /** The job does not serve the model. */
  UNKNOWN_MODEL(Stage.VALIDATE),
  /** The job has no such task. */
  UNKNOWN_TASK(Stage.VALIDATE),
  /** The job has no such adapter. */
  UNKNOWN_ADAPTER(Stage.VALIDATE),
  /** The deadline had passed before an answer was begun. */
  DEADLINE_EXPIRED(Stage.VALIDATE),
  /** The guard blocked what the request brought; the letter has the category. */
  INPUT_BLOCKED(Stage.VALIDATE),

  /** The template refused the conversation. */
  TEMPLATE_ERROR(Stage.RENDER),
  /** The prompt alone is longer than the model's context. */
  PROMPT_TOO_LONG(Stage.RENDER),
  /** Prompt and max_tokens together are longer than the model's context. */
  CONTEXT_EXCEEDED(Stage.RENDER),
  /** Prompt and max_tokens together never fit the engine's KV cache. */
  CACHE_EXCEEDED(Stage.RENDER),

  /** The engine could not complete this request. */
  GENERATION_FAILED(Stage.GENERATE),
  /** The answer is not of the form that its task needs, or was cut before it was. */
  INVALID_ANSWER(Stage.GENERATE),
  /** The guard blocked the answer, which is not kept; the letter has the category. */
  OUTPUT_BLOCKED(Stage.GENERATE),
  /** The guard could not say whether the request or its answer is safe. */
  GUARD_FAILED(Stage.GENERATE);

  private final Stage stage;

  ErrorCode(Stage stage) {
    this.stage = stage;
  }

  /** The stage of a record's way at which this error is found first. */
  public Stage stage() {
    return stage;
  }
}
