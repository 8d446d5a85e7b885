package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.search.Search;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
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
    assertThat(calls(Methods.PROVISION, "UNAUTHENTICATED")).isEqualTo(1);
  }

  /** Its key is as good as ever: that a new identity could be had does not make it try. */
  @Test
  @Acceptance("WI-36")
  void identity_revokedWhileTheRuntimeWasAway_endsAfterOneAttempt() {
    ServiceKey key = TRESTLE.kernel().service("turned-away");
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    ServiceBridge bridge =
        TRESTLE.connect(
            key,
            builder -> builder.reconnectInterval(Duration.ofMillis(1)),
            sdk -> sdk.listen(events::add));
    String id = bridge.identity().orElseThrow().instanceId();
    TRESTLE.kernel().stop();
    TRESTLE
        .kernel()
        .sql()
        .update("UPDATE service_instances SET revoked_at = now() WHERE id = ?::uuid", id);
    TRESTLE.kernel().run(); // with counters that begin at zero

    await().until(() -> events.stream().anyMatch(BridgeEvent.Disconnected.class::isInstance));

    // Another instance of the service starts meanwhile, which is many times its pause.
    assertThat(TRESTLE.connect(key, sdk -> {}).identity()).isPresent();
    assertThat(calls(Methods.OPEN, "UNAUTHENTICATED")).isEqualTo(1);
    assertThat(calls(Methods.PROVISION, "OK")).as("of the other one").isEqualTo(1);
    assertThat(bridge.identity()).isEmpty();
    BridgeEvent.Disconnected end = (BridgeEvent.Disconnected) events.get(events.size() - 1);
    assertThat(end.error().code()).hasToString("ACCESS_DENIED");
  }

  /** Calls that ended like this, of anybody. */
  private static double calls(RpcMethod<?, ?> method, String status) {
    Counter counter =
        Search.in(TRESTLE.kernel().trestle().meters())
            .name("trestle.gateway.calls")
            .tags("method", method.path(), "status", status)
            .counter();
    return counter == null ? 0 : counter.count();
  }
}
