package dev.millrace.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

/**
 * Records written by released versions, as the resources {@code written/NAME.vN.bin}. They must be
 * read for ever: add to them, never change one.
 */
class OldVersionsTest {
  @Test
  void aRequestWrittenWithVersion1IsRead() throws Exception {
    assertThat(RecordCodec.of(GenerationRequest.class).decode(written("GenerationRequest.v1.bin")))
        .isEqualTo(Requests.withEveryField());
  }

  private static byte[] written(String name) throws IOException {
    try (InputStream in = OldVersionsTest.class.getResourceAsStream("written/" + name)) {
      return in.readAllBytes();
    }
  }
}
