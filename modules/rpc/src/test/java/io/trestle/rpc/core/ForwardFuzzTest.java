package io.trestle.rpc.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.trestle.Fuzz;
import io.trestle.conversations.Refused;
import io.trestle.protocol.v1.InvokeRequest;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What callers send to be forwarded becomes a call, or is refused for what it is. */
class ForwardFuzzTest {
  private static final UUID CALLER = UUID.fromString("0196f0de-0000-7000-8000-00000000000b");
  private static final String TARGET = "0196f0de-0000-7000-8000-00000000000a";
  private static final List<byte[]> REQUESTS =
      List.of(
          InvokeRequest.newBuilder()
              .setTargetServiceId(TARGET)
              .setMethod("create")
              .setPayload(ByteString.copyFromUtf8("payload"))
              .setRequestId("r-1")
              .setIdempotencyKey("grüße 🚂")
              .setXSbTrace(TARGET + "-" + TARGET)
              .setContractHash(ByteString.copyFromUtf8("v2:ab"))
              .addExcludeInstanceIds(TARGET)
              .addExcludeInstanceIds("nobody")
              .build()
              .toByteArray(),
          InvokeRequest.newBuilder()
              .setTargetServiceId(TARGET)
              .setMethod("m")
              .build()
              .toByteArray());

  @Property(tries = Fuzz.TRIES)
  void requests_areForwardedOrRefused(@ForAll Random random) {
    Fuzz.bytes(
        random,
        REQUESTS,
        input -> {
          try {
            Forward forward = Forward.of(ByteString.copyFrom(input), CALLER, null);
            assertThat(forward.call().getCallerService()).isEqualTo(CALLER.toString());
            assertThat(forward.call().getMethod()).isEqualTo(forward.method()).isNotEmpty();
            ByteString canonical = InvokeRequest.parseFrom(input).toByteString();
            assertThat(Forward.of(canonical, CALLER, null)).isEqualTo(forward);
          } catch (Refused e) {
            assertThat(e.reason()).isEqualTo(Refused.Reason.INVALID);
            assertThat(e.getMessage()).isNotBlank();
          }
        });
  }
}
