package io.trestle.rpc.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.trestle.Acceptance;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.InvokeRequest;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardTest {
  private static final UUID TARGET = UUID.fromString("0196f0de-0000-7000-8000-00000000000a");
  private static final UUID CALLER = UUID.fromString("0196f0de-0000-7000-8000-00000000000b");
  private static final String TRACE =
      "0196f0de-0000-7000-8000-0000000000aa-0196f0de-0000-7000-8000-0000000000bb";
  private static final String OTHER =
      "0196f0de-0000-7000-8000-0000000000cc-0196f0de-0000-7000-8000-0000000000dd";

  private static InvokeRequest.Builder request() {
    return InvokeRequest.newBuilder().setTargetServiceId(TARGET.toString()).setMethod("create");
  }

  private static Forward of(InvokeRequest.Builder request) {
    return of(request, null);
  }

  private static Forward of(InvokeRequest.Builder request, @Nullable String trace) {
    return Forward.of(request.build().toByteString(), CALLER, trace);
  }

  private static void refused(InvokeRequest.Builder request, Reason reason, String text) {
    refused(request.build().toByteArray(), reason, text);
  }

  private static void refused(byte[] request, Reason reason, String text) {
    assertThatThrownBy(() -> Forward.of(UnsafeByteOperations.unsafeWrap(request), CALLER, null))
        .hasMessageContaining(text)
        .isInstanceOfSatisfying(
            Refused.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.withoutEffect()).as("final: no trailer").isFalse();
            });
  }

  @Property(tries = 200)
  void call_anyFields_arriveUnchanged(
      @ForAll byte[] payload, @ForAll byte[] key, @ForAll byte[] requestId)
      throws InvalidProtocolBufferException {
    String keyText = ByteString.copyFrom(key).toStringUtf8();
    String idText = ByteString.copyFrom(requestId).toStringUtf8();

    Forward forward =
        of(
            request()
                .setPayload(ByteString.copyFrom(payload))
                .setIdempotencyKey(keyText)
                .setRequestId(idText));

    CallRequest call = CallRequest.parseFrom(forward.call().toByteArray());
    assertThat(call.getPayload().toByteArray()).isEqualTo(payload);
    assertThat(call.getIdempotencyKey()).isEqualTo(keyText);
    assertThat(call.getRequestId()).isEqualTo(idText);
    assertThat(call.getMethod()).isEqualTo("create");
    assertThat(call.getCallerService()).isEqualTo(CALLER.toString());
    assertThat(forward.target()).isEqualTo(TARGET);
  }

  @Test
  void payload_isAViewOfTheRequest_notACopy() {
    byte[] request = request().setPayload(ByteString.copyFrom(new byte[100])).build().toByteArray();
    Forward forward = Forward.of(UnsafeByteOperations.unsafeWrap(request), CALLER, null);

    Arrays.fill(request, (byte) 7);

    assertThat(forward.call().getPayload().toByteArray()).containsOnly(7);
  }

  @Test
  void contractHash_utf8Text_isPassedAsText() {
    ByteString hash = ByteString.copyFromUtf8("v2:" + "ab".repeat(32));

    assertThat(of(request().setContractHash(hash)).contractHash()).hasSize(67).startsWith("v2:ab");
    assertThat(of(request()).contractHash()).isEmpty();
  }

  // ---- trace

  @Test
  @Acceptance("WI-55")
  void trace_inMetadata_winsAndGoesIntoBody() {
    Forward forward = of(request().setXSbTrace(OTHER), TRACE);

    assertThat(forward.trace()).isEqualTo(TRACE);
    assertThat(forward.call().getXSbTrace()).isEqualTo(TRACE);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "nonsense"})
  @Acceptance("WI-55")
  void trace_unusableMetadata_bodyIsTaken(@Nullable String header) {
    assertThat(of(request().setXSbTrace(OTHER), header).trace()).isEqualTo(OTHER);
  }

  @Test
  @Acceptance("WI-55")
  void trace_neitherUsable_isNoneAndNoError() {
    String tooLong = TRACE + "0";

    Forward forward = of(request().setXSbTrace("x"), tooLong);

    assertThat(forward.trace()).isEmpty();
    assertThat(forward.call().getXSbTrace()).isEmpty();
  }

  @Test
  void trace_upperCase_isForwardedInLowerCase() {
    assertThat(of(request(), TRACE.toUpperCase(Locale.ROOT)).trace()).isEqualTo(TRACE);
  }

  // ---- refusals

  @ParameterizedTest
  @ValueSource(
      strings = {"", "orders", "0196f0de", "1-1-1-1-1", "0196f0de-0000-7000-8000-00000000000g"})
  void target_noUuid_isInvalid(String target) {
    refused(request().setTargetServiceId(target), Reason.INVALID, "target_service_id");
  }

  @Test
  void target_upperCase_isTheSameService() {
    assertThat(
            of(request().setTargetServiceId(TARGET.toString().toUpperCase(Locale.ROOT))).target())
        .isEqualTo(TARGET);
  }

  @Test
  void method_empty_isInvalid() {
    refused(request().setMethod(""), Reason.INVALID, "method");
  }

  @Test
  void request_thatDoesNotDecode_isInvalid() {
    refused(new byte[] {(byte) 0xff, 1, 2, 3}, Reason.INVALID, "malformed request");
  }

  @Test
  @Acceptance("RPC-38")
  void request_allFieldsTogether_areBoundBy4MebibytesWithoutTrailer() {
    int around = of(request()).call().getSerializedSize() + 1 + 4; // tag and length of the payload
    ByteString fits = ByteString.copyFrom(new byte[Forward.MAX_BYTES - around]);

    assertThat(of(request().setPayload(fits)).call().getSerializedSize())
        .isEqualTo(Forward.MAX_BYTES);
    refused(
        request().setPayload(fits.concat(ByteString.copyFrom(new byte[1]))),
        Reason.OVERLOADED,
        "bytes");
    refused(request().setPayload(fits).setRequestId("r"), Reason.OVERLOADED, "bytes");
  }

  @Test
  void excluded_whatIsNoUuid_isIgnored() {
    Forward forward =
        of(
            request()
                .addExcludeInstanceIds(TARGET.toString())
                .addExcludeInstanceIds("nonsense")
                .addExcludeInstanceIds(""));

    assertThat(forward.excluded()).containsExactly(TARGET);
  }
}
