package io.trestle.testing.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which leaf our SDK shows to the runtime when it connects again. */
class RuntimeLeafTest {
  private static final String LONG_LEAVES =
      "SELECT count(*) FROM service_instances"
          + " WHERE id = ?::uuid AND leaf_not_after > now() + interval '5 hours'";

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  /**
   * The kernel forgets what it issued, so the row says what was shown. Leaves are made longer
   * before the renewal, which tells the first from the second.
   */
  @Test
  @Acceptance("WI-69")
  void ourSdk_afterARenewal_showsTheNewLeafToTheRuntime() {
    ServiceKey service = TRESTLE.kernel().service("renewing");
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    ServiceBridge bridge =
        TRESTLE.connect(
            service,
            builder ->
                builder
                    .reconnectInterval(Duration.ofMillis(100))
                    .renewal(
                        Duration.ofMinutes(59).plusSeconds(57),
                        Duration.ZERO,
                        Duration.ofMillis(1),
                        Duration.ofSeconds(1)),
            sdk -> sdk.on(BridgeEvent.Connected.class, events::add));
    String id = bridge.identity().orElseThrow().instanceId();
    Sql sql = TRESTLE.kernel().sql();
    sql.update("UPDATE runtime_settings SET value = '36000000' WHERE key = 'pki.leaf_ttl_ms'");
    await().until(() -> sql.count(LONG_LEAVES, id) == 1);

    TRESTLE.kernel().stop();
    sql.update("DELETE FROM service_instances WHERE id = ?::uuid", id);
    TRESTLE.kernel().run();

    await().until(() -> events.size() == 2);
    assertThat(bridge.identity().orElseThrow().instanceId()).isEqualTo(id);
    await().until(() -> sql.count(LONG_LEAVES, id) == 1);
  }
}
