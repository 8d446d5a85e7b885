package io.trestle.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.trestle.protocol.StatusCode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class GrpcHeadersTest {

  @Property(tries = 300)
  void text_survivesItsEncoding(@ForAll String text) {
    String valid =
        new String(
            text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
            java.nio.charset.StandardCharsets.UTF_8);
    String encoded = GrpcHeaders.encode(valid);

    assertThat(encoded).matches("[ -~]*");
    assertThat(GrpcHeaders.decode(encoded)).isEqualTo(valid);
  }

  @Test
  void longText_isCut_betweenCharacters() {
    String encoded = GrpcHeaders.encode("é".repeat(100_000));

    assertThat(encoded).hasSizeBetween(4096, 4096 + 12);
    assertThat(GrpcHeaders.decode(encoded)).matches("é+");
  }

  @Test
  void decode_keepsPlusAndBrokenSequences() {
    assertThat(GrpcHeaders.decode("a+b %zz 100%")).isEqualTo("a+b %zz 100%");
    assertThat(GrpcHeaders.decode("%C3%A9%")).isEqualTo("é%");
  }

  @Test
  void status_isFoundInTrailersAndInHeaders() {
    CallStatus bad = new CallStatus(StatusCode.UNAVAILABLE, "not ready", true);

    assertThat(GrpcHeaders.status(GrpcHeaders.only(bad))).contains(bad);
    assertThat(GrpcHeaders.status(GrpcHeaders.trailers(bad))).contains(bad);
    assertThat(GrpcHeaders.status(GrpcHeaders.good())).contains(CallStatus.OK);
    assertThat(GrpcHeaders.status(GrpcHeaders.head())).isEmpty();
    assertThat(
            GrpcHeaders.status(new DefaultHttp2Headers().set("grpc-status", "99"))
                .map(CallStatus::code))
        .contains(StatusCode.UNKNOWN);
  }

  @Test
  void timeouts_areReadInEveryUnit() {
    assertThat(GrpcHeaders.timeoutNanos("5S")).isEqualTo(5_000_000_000L);
    assertThat(GrpcHeaders.timeoutNanos("99999999m")).isEqualTo(99_999_999_000_000L);
    assertThat(GrpcHeaders.timeoutNanos("7u")).isEqualTo(7_000);
    assertThat(GrpcHeaders.timeoutNanos("1H")).isEqualTo(3_600_000_000_000L);
    assertThat(GrpcHeaders.timeoutNanos("")).isNegative();
    assertThat(GrpcHeaders.timeoutNanos(null)).isNegative();
    assertThat(GrpcHeaders.timeoutNanos("123456789m")).isNegative();
    assertThat(GrpcHeaders.timeoutNanos("-5m")).isNegative();
    assertThat(GrpcHeaders.timeout(1500)).isEqualTo("1500m");
    assertThat(GrpcHeaders.timeout(200_000_000_000L)).isEqualTo("99999999S");
  }

  @Test
  void contentTypes_areGrpcAndProtoOnly() {
    assertThat(GrpcHeaders.isGrpc("application/grpc")).isTrue();
    assertThat(GrpcHeaders.isGrpc("application/grpc+proto")).isTrue();
    assertThat(GrpcHeaders.isGrpc("application/grpc;charset=x")).isTrue();
    assertThat(GrpcHeaders.isGrpc("application/grpc+json")).isFalse();
    assertThat(GrpcHeaders.isGrpc("application/grpc-web")).isFalse();
    assertThat(GrpcHeaders.isGrpc("text/plain")).isFalse();
    assertThat(GrpcHeaders.isGrpc(null)).isFalse();
  }
}
