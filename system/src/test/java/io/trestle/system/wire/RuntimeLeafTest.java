package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.system.Switch;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which leaf our SDK shows when it connects again. */
class RuntimeLeafTest {
  private static final String LONG_LEAVES =
      "SELECT count(*) FROM service_instances"
          + " WHERE id = ?::uuid AND leaf_not_after > now() + interval '5 hours'";
  private static final CallOptions DIRECT = CallOptions.DEFAULT.withTransport(Transport.DIRECT);

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey served = WIRE.service();
  private final ServiceKey renewing = WIRE.service();
  private final Sql sql = TRESTLE.kernel().sql();

  /** Renews leaves of an hour after a second; longer ones wait for hours. */
  private ServiceBridge renewing(Consumer<ServiceBridge> declare) {
    return TRESTLE.connect(
        renewing,
        builder ->
            builder
                .reconnectInterval(Duration.ofMillis(100))
                .renewal(
                    Duration.ofMinutes(59).plusSeconds(59),
                    Duration.ZERO,
                    Duration.ofMillis(1),
                    Duration.ofSeconds(1)),
        declare);
  }

  /**
   * To the runtime: the kernel forgets what it issued, so the row says what was shown. To a peer:
   * it keeps its TLS context, whose tickets invite to resume, and only the connection breaks.
   */
  @Test
  @Acceptance("WI-69")
  void ourSdk_afterARenewal_showsTheNewLeafToThePeerAndToTheRuntime() {
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    WireInstance peer = WIRE.connected(served);
    WireCallee callee =
        WIRE.closing(WireCallee.start(peer.identity(), peer.ca(), WireCallee.Reply::echo));
    Switch line = WIRE.closing(new Switch(callee.port()));
    peer.register(
            Declare.nothing()
                .setCallEndpoint("127.0.0.1:" + line.port())
                .addIncoming(Declare.handler("echo", "")))
        .first();
    ServiceBridge bridge =
        renewing(
            sdk -> {
              sdk.on(BridgeEvent.Connected.class, events::add);
              sdk.service(served.name(), ServiceDeps.rpc("echo"));
            });
    String id = bridge.identity().orElseThrow().instanceId();
    assertThat(shown(bridge, callee)).as("the first leaf, of an hour").isBefore(inHours(5));

    sql.update("UPDATE runtime_settings SET value = '36000000' WHERE key = 'pki.leaf_ttl_ms'");
    await().until(() -> sql.count(LONG_LEAVES, id) == 1);
    // The row is written a moment before the SDK is told.
    await()
        .ignoreExceptionsInstanceOf(ServiceBridgeException.class)
        .until(
            () -> {
              line.off();
              line.on();
              return shown(bridge, callee).isAfter(inHours(5));
            });

    TRESTLE.kernel().stop();
    sql.update("DELETE FROM service_instances WHERE id = ?::uuid", id);
    TRESTLE.kernel().run();

    await().until(() -> events.size() == 2);
    assertThat(bridge.identity().orElseThrow().instanceId()).isEqualTo(id);
    await().until(() -> sql.count(LONG_LEAVES, id) == 1);
  }

  /** The end of the leaf with which a direct call arrives. */
  private Instant shown(ServiceBridge bridge, WireCallee callee) {
    bridge.rpc().call(served.name(), "echo", new byte[1], DIRECT);
    List<WireCallee.Received> received = callee.received();
    return received.get(received.size() - 1).peer().getNotAfter().toInstant();
  }

  private static Instant inHours(int hours) {
    return Instant.now().plus(Duration.ofHours(hours));
  }
}
