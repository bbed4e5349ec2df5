package dev.millrace.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordCodecTest {
  private final RecordCodec<GenerationRequest> codec = RecordCodec.of(GenerationRequest.class);

  @Test
  void everyFieldSurvivesTheRoundTrip() throws Exception {
    GenerationRequest request = Requests.withEveryField();

    assertThat(codec.decode(codec.encode(request))).isEqualTo(request);
  }

  @Test
  void theEncodingIsAvrosOwnSingleObjectEncoding() throws Exception {
    GenerationRequest request = Requests.withEveryField();

    assertThat(ByteBuffer.wrap(codec.encode(request))).isEqualTo(request.toByteBuffer());
  }

  @Test
  void anUnknownFingerprintIsNamed() {
    byte[] encoded = codec.encode(Requests.prompt("1"));
    Arrays.fill(encoded, 2, 10, (byte) 0xAB);

    RecordFormatException error = failure(encoded);

    assertThat(error.code()).isEqualTo(ErrorCode.UNKNOWN_SCHEMA);
    assertThat(error).hasMessageContaining("abababababababab");
  }

  @Test
  void anythingWithoutTheHeaderIsUndecodable() {
    assertThat(failure(new byte[0]).code()).isEqualTo(ErrorCode.UNDECODABLE);
    assertThat(failure("hello".getBytes(UTF_8)).code()).isEqualTo(ErrorCode.UNDECODABLE);
    assertThat(failure(new byte[] {(byte) 0xC3, 0x01, 3}).code()).isEqualTo(ErrorCode.UNDECODABLE);
  }

  @Test
  void everyCutOfARecordIsUndecodable() {
    byte[] encoded = codec.encode(Requests.withEveryField());

    for (int length = 10; length < encoded.length; length++) {
      assertThat(failure(Arrays.copyOf(encoded, length)).code()).isEqualTo(ErrorCode.UNDECODABLE);
    }
  }

  @Test
  void bytesAfterTheRecordAreUndecodable() {
    byte[] encoded = codec.encode(Requests.prompt("1"));

    assertThat(failure(Arrays.copyOf(encoded, encoded.length + 1)))
        .hasMessageContaining("left over");
  }

  @Test
  void damagedBodiesEndInATypedErrorOrARecord() {
    byte[] encoded = codec.encode(Requests.withEveryField());
    Random random = new Random(0);
    for (int round = 0; round < 20_000; round++) {
      byte[] damaged = encoded.clone();
      for (int hit = 0; hit < 3; hit++) {
        damaged[10 + random.nextInt(damaged.length - 10)] = (byte) random.nextInt(256);
      }
      decodeOrFail(damaged);
    }
  }

  @Test
  void aHugeDeclaredLengthAllocatesNothing() {
    byte[] encoded = Arrays.copyOf(codec.encode(Requests.prompt("1")), 15);
    // The id's length as a zigzag varint of about two billion.
    System.arraycopy(
        new byte[] {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF, (byte) 0xEF, 0x0F}, 0, encoded, 10, 5);

    assertThat(failure(encoded).code()).isEqualTo(ErrorCode.UNDECODABLE);
  }

  private void decodeOrFail(byte[] bytes) {
    try {
      assertThat(codec.decode(bytes).getId()).isNotNull();
    } catch (RecordFormatException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE);
    }
  }

  private RecordFormatException failure(byte[] bytes) {
    return catchThrowableOfType(RecordFormatException.class, () -> codec.decode(bytes));
  }
}
