package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.ServiceMap;
import io.trestle.system.Switch;
import io.trestle.system.wire.WireCallee.Reply;
import io.trestle.system.wire.WireExtension.Callee;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An instance that is dead beside one that lives, as a caller with transport {@code auto}. */
class FallbackTest {
  private static final InvokeTap TAP = new InvokeTap();

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension(TAP::on);
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey target = WIRE.service();
  private final ServiceKey calling = WIRE.service();

  /** The pause before a retry is longer than the call may take: only one without a pause counts. */
  @Test
  @Acceptance("RPC-20")
  void deadInstance_isFollowedByTheProxyAtOnce_whichIsToldOfIt() {
    Callee live = WIRE.callee(target, "echo", "", Reply::echo);
    WireInstance dead = dead();
    ServiceBridge bridge =
        TRESTLE.connect(calling, sdk -> sdk.service(target.name(), ServiceDeps.rpc("echo")));
    await().until(() -> instances(bridge) == 2);
    CallOptions options =
        CallOptions.DEFAULT.withRetry(
            new RetryPolicy(3, Duration.ofMinutes(5), 1, Duration.ofMinutes(5), 0));

    int calls = 0;
    while (TAP.received().isEmpty()) { // one in two finds the dead one
      byte[] payload = {(byte) ++calls};
      assertThat(bridge.rpc().call(target.name(), "echo", payload, options)).isEqualTo(payload);
    }

    assertThat(TAP.received())
        .singleElement()
        .extracting(InvokeRequest::getExcludeInstanceIdsList)
        .isEqualTo(List.of(dead.id()));
    assertThat(live.server().received()).hasSize(calls);
    assertThat(Certificates.uris(live.server().received().get(calls - 1).peer()))
        .containsExactly(Certificates.RUNTIME_URI);
  }

  /** With a session and a declaration, and nobody behind its endpoint. */
  private WireInstance dead() {
    WireInstance dead = WIRE.connected(target);
    Switch closed = new Switch(1);
    closed.off();
    dead.register(
            Declare.nothing()
                .setCallEndpoint("127.0.0.1:" + closed.port())
                .addIncoming(Declare.handler("echo", "")))
        .first();
    return dead;
  }

  private long instances(ServiceBridge bridge) {
    return bridge.serviceMap().service(target.name()).map(ServiceMap.Service::instances).stream()
        .mapToLong(List::size)
        .sum();
  }
}
