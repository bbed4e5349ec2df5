package dev.millrace.job.config;

/** What says, in an Avro record, which schema it was written with. */
public enum Framing {
  /** The schema's fingerprint: readers need to have the schemas. */
  SINGLE_OBJECT("single-object"),
  /** An id that a schema registry gave the schema: readers ask the registry. */
  REGISTRY("registry");

  private final String word;

  Framing(String word) {
    this.word = word;
  }

  @Override
  public String toString() {
    return word;
  }
}
