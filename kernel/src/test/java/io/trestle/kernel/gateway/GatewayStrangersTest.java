package io.trestle.kernel.gateway;

import static io.trestle.kernel.gateway.TestMethods.ANYBODY;
import static io.trestle.kernel.gateway.TestMethods.UNARY;
import static io.trestle.kernel.gateway.TestMethods.WATCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.trestle.Acceptance;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What somebody may do who has shown no identity. */
class GatewayStrangersTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private @Nullable GatewayFixture gateway;

  @AfterEach
  void stop() throws Exception {
    if (gateway != null) {
      gateway.close();
    }
  }

  @Test
  @Acceptance("FL-24")
  void handshakes_overTheBound_waitUntilOneEnds() {
    GatewayFixture gateway = start(new GatewayOptions.Handshakes(256, 1024, LONG), strangers(LONG));
    RawConnection known = gateway.raw();
    List<NetSocket> silent = silent(gateway, 256);
    await().until(() -> gateway.server.handshakesUnderWay() == 256);
    Future<RawConnection> waiting =
        RawConnection.tryOpen(
            gateway.vertx, gateway.port(), gateway.service, gateway.certificates.ca());
    await().until(() -> gateway.server.handshakesWaiting() == 1);
    // Whoever comes behind it waits too, and a round trip later it still does.
    gateway.promptAfter(known, () -> silent(gateway, 1));
    await().until(() -> gateway.server.handshakesWaiting() == 2);
    assertThat(waiting.isComplete()).isFalse();
    GatewayFixture.await(silent.get(17).close());
    RawConnection admitted = GatewayFixture.await(waiting);
    assertThat(admitted.call(UNARY, "x").grpcStatus()).isEqualTo("0");
    await().until(() -> gateway.server.handshakesWaiting() == 0);
    await().until(() -> gateway.server.handshakesUnderWay() == 256);
    GatewayFixture.await(admitted.connection().close());
  }

  @Test
  void waitingConnections_overTheBound_pauseTheListenerAndItGoesOn() {
    GatewayFixture gateway = start(new GatewayOptions.Handshakes(2, 4, LONG), strangers(LONG));
    List<NetSocket> silent = silent(gateway, 60);
    await().until(() -> gateway.server.handshakesWaiting() >= 4);
    silent.forEach(socket -> socket.close().onFailure(e -> {}));
    gateway.serves();
    await().until(() -> gateway.server.handshakesUnderWay() == 0);
  }

  @Test
  @Acceptance("FL-24")
  void handshake_thatTakesTooLong_isEnded() {
    GatewayFixture gateway =
        start(new GatewayOptions.Handshakes(4, 16, Duration.ofMillis(300)), strangers(LONG));
    RawConnection known = gateway.raw();
    gateway.promptAfter(
        known,
        () -> {
          silent(gateway, 10);
          await().until(() -> gateway.count(GatewayMetrics.HANDSHAKES, "outcome", "timeout") == 10);
          return known;
        });
    gateway.serves();
  }

  @Test
  @Acceptance("FL-27")
  void idleConnections_withoutIdentity_areClosed_andOthersAreNot() {
    GatewayFixture gateway =
        start(GatewayOptions.defaults(1).handshakes(), strangers(Duration.ofMillis(300)));
    RawConnection known = gateway.raw();
    RawConnection silent = gateway.raw(null);
    RawConnection refused = gateway.raw(null);
    assertThat(refused.call(UNARY, "x").grpcStatus()).isEqualTo("16");
    GatewayFixture.await(silent.closed());
    GatewayFixture.await(refused.closed());
    assertThat(known.closed().isComplete()).isFalse();
    assertThat(known.call(UNARY, "x").grpcStatus()).isEqualTo("0");
  }

  @Test
  @Acceptance("FL-27")
  void idleConnections_aThousand_doNotKeepAServiceFromConnecting() {
    GatewayFixture gateway = start(new GatewayOptions.Handshakes(256, 1024, LONG), strangers(LONG));
    HttpClientAgent client =
        gateway.vertx.createHttpClient(Transport.clientOptions(null, gateway.certificates.ca()));
    HttpConnectOptions target =
        new HttpConnectOptions().setHost("127.0.0.1").setPort(gateway.port());
    for (int batch = 0; batch < 8; batch++) {
      List<Future<HttpClientConnection>> idle = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        idle.add(client.connect(target));
      }
      GatewayFixture.await(Future.all(idle));
    }
    silent(gateway, 200);
    await().until(() -> gateway.server.handshakesUnderWay() == 200);
    gateway.serves();
    assertThat(gateway.count(GatewayMetrics.CONNECTIONS)).isEqualTo(801);
    GatewayFixture.await(client.close());
  }

  @Test
  void silentConnections_moreThanThereArePlaces_areGoneAfterTheLimit_andOthersGetTheirTurn() {
    GatewayFixture gateway =
        start(new GatewayOptions.Handshakes(64, 1024, Duration.ofSeconds(2)), strangers(LONG));
    silent(gateway, 300);
    await().until(() -> gateway.server.handshakesWaiting() == 300 - 64);
    // A client that tries again, as services do.
    byte[] ping = StringValue.of("ping").toByteArray();
    CallOptions patient = CallOptions.DEFAULT.withWaitForReady();
    assertThat(gateway.javaClient().unary(UNARY, ping, patient).text()).isEqualTo("ping");
  }

  @Test
  @Acceptance("FL-24")
  void stranger_afterTheHundredthRequest_isToldToGoAway_andRequestsUnderWayFinish() {
    GatewayFixture gateway = start(GatewayOptions.defaults(1).handshakes(), strangers(LONG));
    RawConnection stranger = gateway.raw(null);
    AtomicBoolean goneAway = new AtomicBoolean();
    stranger.connection().goAwayHandler(goAway -> goneAway.set(true));
    HttpClientRequest underWay = stranger.request(ANYBODY);
    GatewayFixture.await(underWay.write(RawConnection.frame("begun early")));
    for (int i = 2; i <= 99; i++) {
      assertThat(stranger.call(ANYBODY, "x").grpcStatus()).isEqualTo("0");
    }
    assertThat(goneAway).isFalse();
    RawConnection.Answer hundredth =
        gateway.promptAfter(gateway.raw(), () -> stranger.call(ANYBODY, "the hundredth"));
    assertThat(hundredth.grpcStatus()).isEqualTo("0");
    await().untilTrue(goneAway);
    assertThat(stranger.closed().isComplete()).isFalse();
    RawConnection.Answer answer =
        GatewayFixture.await(
            stranger.onLoop(
                () ->
                    underWay.end().compose(v -> underWay.response()).compose(RawConnection::read)));
    assertThat(answer.body()).isEqualTo(RawConnection.frame("begun early"));
    GatewayFixture.await(stranger.closed());
  }

  @Test
  void stranger_thatSendsHalfARequest_isAnswered() {
    GatewayFixture gateway =
        start(GatewayOptions.defaults(1).handshakes(), strangers(Duration.ofMillis(300)));
    RawConnection stranger = gateway.raw(null);
    RawConnection.Answer answer =
        GatewayFixture.await(
            stranger.unfinished(ANYBODY, RawConnection.frame("never complete").slice(0, 9)));
    assertThat(answer.grpcStatus()).isEqualTo("4");
  }

  @Test
  @Acceptance("WI-38")
  void pings_anyNumber_andIdleness_doNotEndAConnectionWithIdentity() {
    GatewayFixture gateway =
        start(GatewayOptions.defaults(1).handshakes(), strangers(Duration.ofMillis(50)));
    RawConnection idle = gateway.raw();
    RawConnection pinging = gateway.raw();
    AtomicBoolean goneAway = new AtomicBoolean();
    idle.connection().goAwayHandler(goAway -> goneAway.set(true));
    pinging.connection().goAwayHandler(goAway -> goneAway.set(true));
    pinging.paused(WATCH, "x");
    for (int batch = 0; batch < 36; batch++) {
      GatewayFixture.await(Future.all(pings(pinging, 100)));
    }
    gateway.now.addAndGet(Duration.ofHours(1).toMillis());
    assertThat(idle.call(UNARY, "x").grpcStatus()).isEqualTo("0");
    assertThat(pinging.call(UNARY, "x").grpcStatus()).isEqualTo("0");
    assertThat(goneAway).isFalse();
  }

  @Test
  void connectionsWithIdentity_arePinged() {
    GatewayOptions defaults = GatewayOptions.defaults(1);
    GatewayOptions impatient =
        new GatewayOptions(
            1,
            defaults.handshakes(),
            defaults.strangers(),
            defaults.memory(),
            Duration.ofMillis(50),
            Duration.ofSeconds(5),
            defaults.linger(),
            defaults.stop());
    GatewayFixture fixture = GatewayFixture.start(impatient);
    gateway = fixture;
    RawConnection known = fixture.raw();
    AtomicInteger pings = new AtomicInteger();
    known.connection().pingHandler(ping -> pings.incrementAndGet());
    await().until(() -> pings.get() >= 3);
    assertThat(known.call(UNARY, "x").grpcStatus()).isEqualTo("0");
  }

  private GatewayFixture start(
      GatewayOptions.Handshakes handshakes, GatewayOptions.Strangers strangers) {
    GatewayOptions defaults = GatewayOptions.defaults(1);
    GatewayFixture fixture =
        GatewayFixture.start(
            new GatewayOptions(
                1,
                handshakes,
                strangers,
                defaults.memory(),
                defaults.pingInterval(),
                defaults.pingTimeout(),
                defaults.linger(),
                defaults.stop()));
    gateway = fixture;
    return fixture;
  }

  private static GatewayOptions.Strangers strangers(Duration idle) {
    return new GatewayOptions.Strangers(idle, 100);
  }

  /** TCP connections on which nothing is ever sent. */
  private static List<NetSocket> silent(GatewayFixture gateway, int count) {
    List<Future<NetSocket>> connecting = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      connecting.add(gateway.plain.connect(gateway.port(), "127.0.0.1"));
    }
    return GatewayFixture.await(Future.all(connecting).map(all -> all.<NetSocket>list()));
  }

  private static List<Future<Buffer>> pings(RawConnection raw, int times) {
    List<Future<Buffer>> pongs = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      pongs.add(raw.ping());
    }
    return pongs;
  }
}
