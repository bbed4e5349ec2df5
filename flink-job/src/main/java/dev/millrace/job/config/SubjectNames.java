package dev.millrace.job.config;

import org.apache.avro.Schema;

/** Under which subject the schema of a topic's values is registered: Confluent's strategies. */
public enum SubjectNames {
  /** TOPIC-value: one line of versions for a topic. */
  TOPIC("topic") {
    @Override
    public String subject(String topic, Schema schema) {
      return topic + "-value";
    }
  },
  /** TOPIC-RECORD: one for each kind of record in a topic. */
  TOPIC_RECORD("topic-record") {
    @Override
    public String subject(String topic, Schema schema) {
      return topic + "-" + schema.getFullName();
    }
  };

  private final String word;

  SubjectNames(String word) {
    this.word = word;
  }

  /** The subject of a schema in a topic. */
  public abstract String subject(String topic, Schema schema);

  @Override
  public String toString() {
    return word;
  }
}
