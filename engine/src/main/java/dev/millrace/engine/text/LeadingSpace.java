package dev.millrace.engine.text;

/** What decoding drops at the start of a text, because encoding had put it there. */
enum LeadingSpace {
  /** Nothing. */
  KEPT,
  /** One space. */
  STRIPPED,
  /** Every space of the first token, as the Metaspace decoder does. */
  STRIPPED_FROM_FIRST_TOKEN
}
