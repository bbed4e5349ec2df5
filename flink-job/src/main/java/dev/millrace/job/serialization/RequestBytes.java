package dev.millrace.job.serialization;

import dev.millrace.engine.GenerateRequest;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A request in the form that checkpoints hold it in: equal requests have equal bytes. */
public final class RequestBytes {
  private RequestBytes() {}

  /** The current version's bytes. */
  public static byte[] of(GenerateRequest request) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      GenerationTaskFormat.writeRequest(request, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a byte array does not fail
    }
    return bytes.toByteArray();
  }
}
