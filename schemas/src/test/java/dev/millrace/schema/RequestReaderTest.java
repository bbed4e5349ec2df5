package dev.millrace.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;

class RequestReaderTest {
  private final RequestReader reader = new RequestReader();

  @Test
  void avroAndJsonAreToldApartByTheirFirstBytes() throws Exception {
    GenerationRequest request = Requests.withEveryField();
    byte[] avro = RecordCodec.of(GenerationRequest.class).encode(request);
    byte[] json = NaturalJson.of(GenerationRequest.class).write(request).getBytes(UTF_8);

    assertThat(reader.read(avro)).isEqualTo(request);
    assertThat(reader.read(json)).isEqualTo(request);
    assertThat(reader.read((" \n" + new String(json, UTF_8)).getBytes(UTF_8))).isEqualTo(request);
  }

  @Test
  void anythingElseIsUndecodable() {
    for (String text : new String[] {"", "  ", "hello", "[1]", "\0\0\0\0\1xx"}) {
      assertThat(
              catchThrowableOfType(
                      RecordFormatException.class, () -> reader.read(text.getBytes(UTF_8)))
                  .code())
          .isEqualTo(ErrorCode.UNDECODABLE);
    }
  }
}
