package io.trestle.testing.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.search.Search;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Our SDK before a runtime that will never let it in. */
class TerminalTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  @Test
  @Acceptance("WI-36")
  void key_ofARevokedService_endsTheStartAfterOneAttempt() {
    ServiceKey key = TRESTLE.kernel().service("never");
    TRESTLE.kernel().admin().revokeService(key.id());
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    try (ServiceBridge bridge =
        TRESTLE.kernel().client(key).reconnectInterval(Duration.ofMillis(1)).build()) {
      bridge.listen(events::add);

      ConnectionException failure = catchThrowableOfType(ConnectionException.class, bridge::start);

      assertThat(failure.code()).hasToString("ACCESS_DENIED");
      assertThat(failure.retryable()).isFalse();
    }
    assertThat(events).noneMatch(BridgeEvent.Reconnecting.class::isInstance);
    assertThat(provisions()).isEqualTo(1);
  }

  /** Provisions that were refused, of anybody. */
  private static double provisions() {
    Counter counter =
        Search.in(TRESTLE.kernel().trestle().meters())
            .name("trestle.gateway.calls")
            .tags("method", Methods.PROVISION.path(), "status", "UNAUTHENTICATED")
            .counter();
    return counter == null ? 0 : counter.count();
  }
}
