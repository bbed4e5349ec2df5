package dev.millrace.schema;

import org.apache.avro.Schema;

/** The schemas that records in a registry's framing were written with. Safe for all threads. */
public interface WriterSchemas {
  /**
   * The schema with the id that stands in a {@link RegistryFrame}.
   *
   * @throws RecordFormatException {@link ErrorCode#UNKNOWN_SCHEMA} if the registry has none
   */
  Schema find(int id) throws RecordFormatException;

  /** Where there is no registry: no record in its framing can be read. */
  static WriterSchemas none() {
    return id -> {
      throw new RecordFormatException(
          ErrorCode.UNDECODABLE,
          "the value is in a schema registry's framing, of the schema with id %d, and no registry is configured: set millrace.registry.url"
              .formatted(id));
    };
  }
}
