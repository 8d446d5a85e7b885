package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.system.wire.WireCallee.Reply;
import io.trestle.system.wire.WireExtension.Callee;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Our SDK with its usual three attempts, and foreign callees that answer with a status and no proof
 * that nothing ran: whatever the status, nobody is asked again, with a key or without.
 */
class FinalAnswersTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey target = WIRE.service();
  private final ServiceKey calling = WIRE.service();

  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE,CONNECTION",
    "DEADLINE_EXCEEDED,TIMEOUT",
    "RESOURCE_EXHAUSTED,OVERLOADED",
  })
  @Acceptance("RPC-23")
  void statusWithoutTrailer_isFinal(Status.Code status, ErrorCode code) {
    assertFinal(status, code);
  }

  @ParameterizedTest
  @CsvSource({"NOT_FOUND,NOT_FOUND", "INVALID_ARGUMENT,VALIDATION"})
  @Acceptance("RPC-32")
  void refusalOfTheCallee_isFinal(Status.Code status, ErrorCode code) {
    assertFinal(status, code);
  }

  /** There are two callees, so that a retry would find one that was not asked yet. */
  private void assertFinal(Status.Code status, ErrorCode code) {
    Callee one = answering(status);
    Callee other = answering(status);
    ServiceBridge bridge =
        TRESTLE.connect(calling, sdk -> sdk.service(target.name(), ServiceDeps.rpc("pay")));

    int calls = 0;
    for (Transport transport : Transport.values()) {
      for (String key : List.of("", "key of " + transport)) {
        ServiceBridgeException failure =
            failure(bridge, CallOptions.DEFAULT.withTransport(transport).withIdempotencyKey(key));

        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure).hasMessageContaining("as it is");
        assertThat(one.server().received().size() + other.server().received().size())
            .as("asked, %s with key '%s'", transport, key)
            .isEqualTo(++calls);
      }
    }
  }

  private ServiceBridgeException failure(ServiceBridge bridge, CallOptions options) {
    return catchThrowableOfType(
        ServiceBridgeException.class,
        () -> bridge.rpc().call(target.name(), "pay", new byte[1], options));
  }

  private Callee answering(Status.Code status) {
    Status answer = Status.fromCode(status).withDescription("as it is");
    return WIRE.callee(target, "pay", "", call -> Reply.fail(answer));
  }
}
