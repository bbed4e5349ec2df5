package dev.millrace.schema;

/**
 * Reads a {@link GenerationRequest} from a record's value, in whichever framing it comes: Avro
 * single-object encoding of any known version, a schema registry's framing, or {@link NaturalJson},
 * so that a console producer can send a prompt.
 *
 * <p>The first bytes tell the framings apart: C3 01 for single-object encoding, 00 for a
 * registry's, an opening brace for JSON. Safe for use by many threads.
 */
public final class RequestReader {
  private final RecordCodec<GenerationRequest> avro;
  private final NaturalJson<GenerationRequest> json = NaturalJson.of(GenerationRequest.class);

  /** Reads what needs no registry. */
  public RequestReader() {
    this(WriterSchemas.none());
  }

  /** Reads every framing. */
  public RequestReader(WriterSchemas registry) {
    this.avro = RecordCodec.of(GenerationRequest.class, registry);
  }

  /**
   * Reads one request.
   *
   * @throws RecordFormatException if the value is no request, with the reason's stable code
   */
  public GenerationRequest read(byte[] value) throws RecordFormatException {
    if (RecordCodec.isSingleObject(value) || RegistryFrame.isFramed(value)) {
      return avro.decode(value);
    }
    if (NaturalJson.isObject(value)) {
      return json.read(value);
    }
    throw new RecordFormatException(
        ErrorCode.UNDECODABLE,
        "the value is neither Avro in single-object encoding (it would start with C3 01) or a registry's framing (00), nor a JSON object: send one of them");
  }
}
