package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.search.Search;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.Sql;
import io.trestle.testing.TestClock;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leaves that are renewed, and leaves that cannot be. */
class RotationWireTest {
  private static final TestClock CLOCK = new TestClock();

  @RegisterExtension
  static final TrestleExtension TRESTLE = new TrestleExtension(o -> o.withClock(CLOCK));

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  @Test
  @Acceptance("WI-39")
  void refresh_givesALaterLeafOfTheSameInstanceAndDisturbsNothing() {
    WireInstance instance = WIRE.connected(WIRE.service());
    instance.register(Declare.nothing()).first();
    KeyPair keys = Certificates.p256();
    CLOCK.advance(Duration.ofSeconds(2));

    RefreshCertResponse reply = instance.refresh(keys).ok();

    X509Certificate leaf = Certificates.parse(reply.getCertDer().toByteArray());
    assertThat(Certificates.uris(leaf)).containsExactly(instance.identity().uri());
    assertThat(reply.getInstanceId()).isIn("", instance.id());
    assertThat(leaf.getPublicKey()).isEqualTo(keys.getPublic());
    assertThat(leaf.getNotAfter()).isAfter(instance.identity().leaf().getNotAfter());
    assertThat(reply.getNotAfterUnixMs()).isEqualTo(leaf.getNotAfter().toInstant().toEpochMilli());
    assertThat(instance.refresh().code()).isEqualTo(Status.Code.OK);
    assertThat(instance.control().isOver()).isFalse();
    assertThat(instance.registry().isOver()).isFalse();
  }

  @Test
  @Acceptance("WI-41")
  void previousLeaf_andNewLeaf_areBothGoodForNewHandshakes() {
    ServiceKey service = WIRE.service();
    WireInstance instance = WIRE.instance(service);
    WireIdentity renewed = instance.renew();

    assertThat(asks(WIRE.client(service, renewed))).isEqualTo(Status.Code.OK);
    assertThat(asks(WIRE.client(service, instance.identity()))).isEqualTo(Status.Code.OK);
  }

  private static Status.Code asks(WireClient client) {
    return client
        .unary(Methods.REFRESH_CERT, WireInstance.refreshRequest(Certificates.p256()))
        .code();
  }

  @Test
  @Acceptance("WI-42")
  void refresh_tooOften_isExhaustedForThisInstanceAlone() {
    ServiceKey service = WIRE.service();
    WireInstance eager = WIRE.connected(service);
    WireInstance other = WIRE.connected(service);

    for (int i = 0; i < 5; i++) {
      assertThat(eager.refresh().code()).isEqualTo(Status.Code.OK);
    }
    assertThat(eager.refresh().code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(other.refresh().code()).isEqualTo(Status.Code.OK);
    assertThat(eager.control().isOver()).isFalse();
  }

  @Test
  @Acceptance("WI-42")
  void ourSdk_refusedARefresh_staysConnectedAndTriesAgain() {
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    double before = refreshes("RESOURCE_EXHAUSTED");
    ServiceBridge bridge =
        TRESTLE.connect(
            WIRE.service(),
            builder ->
                builder.renewal(
                    Duration.ofHours(2),
                    Duration.ZERO,
                    Duration.ofMillis(50),
                    Duration.ofMillis(50)),
            sdk -> sdk.listen(events::add));
    String session = bridge.identity().orElseThrow().sessionId();

    await().until(() -> refreshes("RESOURCE_EXHAUSTED") >= before + 3);

    assertThat(events).hasOnlyElementsOfType(BridgeEvent.Connected.class).hasSize(1);
    assertThat(bridge.identity().orElseThrow().sessionId()).isEqualTo(session);
  }

  private static double refreshes(String status) {
    Counter counter =
        Search.in(TRESTLE.kernel().trestle().meters())
            .name("trestle.gateway.calls")
            .tags("method", Methods.REFRESH_CERT.path(), "status", status)
            .counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  @Acceptance("WI-46")
  void refresh_whileTheDatabaseIsAway_isUnavailableAndHeals() {
    WireInstance instance = WIRE.connected(WIRE.service());
    Sql database = WIRE.kernel().sql();
    Sql elsewhere = database.elsewhere("postgres");
    elsewhere.update("ALTER DATABASE " + database.database() + " ALLOW_CONNECTIONS false");
    try {
      elsewhere.update(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?",
          database.database());

      assertThat(instance.refresh().code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(instance.refresh().code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(instance.control().isOver()).isFalse();
    } finally {
      elsewhere.update("ALTER DATABASE " + database.database() + " ALLOW_CONNECTIONS true");
    }

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> instance.refresh().code() != Status.Code.UNAVAILABLE);
    assertThat(instance.control().isOver()).isFalse();
  }
}
