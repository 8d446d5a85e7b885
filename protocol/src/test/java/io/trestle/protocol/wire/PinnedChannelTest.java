package io.trestle.protocol.wire;

import static io.trestle.protocol.transport.Loopback.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.Acceptance;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.Loopback;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.transport.SwappingIdentity;
import io.trestle.protocol.transport.TestCertificates;
import io.trestle.protocol.transport.TlsEngine;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.Caller.Heard;
import io.trestle.protocol.wire.Caller.How;
import io.trestle.protocol.wire.Caller.Reply;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(NoLeaks.class)
@Timeout(60)
class PinnedChannelTest {
  private static final SpiffeId RUNTIME = SpiffeId.runtime();
  private static final SpiffeId ORDERS = SpiffeId.service("orders", "one");
  private static final Duration LONG = Duration.ofMinutes(1);

  private static Vertx vertx;
  private static TestCertificates certificates;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    certificates = TestCertificates.create();
  }

  @AfterAll
  static void stop() throws Exception {
    await(vertx.close());
  }

  @ParameterizedTest
  @EnumSource
  @Acceptance({"WI-11", "WI-16"})
  void server_isSomebodyElse_failsBeforeDispatch(TlsEngine engine) throws Exception {
    Identity two = certificates.service("orders", "two");
    try (Loopback server = server(engine, two);
        Caller caller = caller(engine, certificates.service("orders", "one"))) {
      Throwable runtime = caller.failure(server.address(), RUNTIME);
      Throwable peer = caller.failure(server.address(), ORDERS);

      assertThat(runtime)
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("/instance/two")
          .hasMessageContaining("expected: " + RUNTIME.uri());
      assertThat(peer).isInstanceOf(UnreachableException.class);
      assertThat(server.callers).isEmpty();
      Awaitility.await().until(() -> server.connections.size() == 2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void server_unusableCertificate_isUnreachable(TlsEngine engine) throws Exception {
    List<Identity> refused =
        List.of(
            TestCertificates.create().runtime(),
            certificates.leaf().uri(RUNTIME.uri()).expired().identity(),
            certificates.leaf().uri(RUNTIME.uri()).clientOnly().identity());
    for (Identity identity : refused) {
      try (Loopback server = server(engine, identity);
          Caller caller = caller(engine, null)) {
        assertThat(caller.failure(server.address(), RUNTIME))
            .isInstanceOf(UnreachableException.class)
            .hasMessageStartingWith("cannot reach ");
        assertThat(server.callers).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  @Acceptance("WI-69")
  void rotation_bothEnds_nextConnectionShowsNewLeavesAndCallsInFlightGoOn(TlsEngine engine)
      throws Exception {
    Identity oldRuntime = certificates.runtime();
    Identity newRuntime = certificates.runtime();
    Identity oldOrders = certificates.service("orders", "one");
    Identity newOrders = certificates.service("orders", "one");
    try (Loopback server = server(engine, oldRuntime);
        Caller caller = caller(engine, oldOrders)) {
      BlockingQueue<Runnable> held = server.hold();
      LiveConnection old = caller.connection(server.address(), RUNTIME);
      Heard inFlight = call(caller, old, "old");
      Runnable first = held.take();

      await(
          server.http.updateSSLOptions(
              Transport.serverSslOptions(newRuntime, certificates.ca(), ClientAuth.REQUEST)));
      caller.dialer.use(newOrders);
      assertThat(caller.connection(server.address(), RUNTIME)).isSameAs(old);
      caller.drop(server.address(), RUNTIME);
      LiveConnection renewed = caller.connection(server.address(), RUNTIME);
      Heard next = call(caller, renewed, "new");
      held.take().run();
      first.run();

      assertThat(shown(old)).isEqualTo(oldRuntime.leaf());
      assertThat(shown(renewed)).isEqualTo(newRuntime.leaf());
      assertThat(inFlight.reply().text()).isEqualTo("old");
      assertThat(next.reply().text()).isEqualTo("new");
      assertThat(server.callers)
          .extracting(known -> ((PeerIdentity.Known) known).certificate())
          .containsExactly(oldOrders.leaf(), newOrders.leaf());
    }
  }

  @ParameterizedTest
  @EnumSource
  @Acceptance("WI-69")
  void server_swapsLeafInPlace_handshakeIsNotResumed(TlsEngine engine) throws Exception {
    Identity newRuntime = certificates.runtime();
    SwappingIdentity swapping = new SwappingIdentity(certificates.runtime());
    var options = Loopback.options(engine, certificates, certificates.runtime());
    try (Loopback server = Loopback.start(vertx, options.setKeyCertOptions(swapping.options()));
        Caller caller = caller(engine, null)) {
      assertThat(caller.echo(server.address(), RUNTIME, "ticket")).isEqualTo("ticket");
      caller.drop(server.address(), RUNTIME);

      swapping.swap(newRuntime);

      assertThat(shown(caller.connection(server.address(), RUNTIME))).isEqualTo(newRuntime.leaf());
      assertThat(swapping.handshakes).hasValueGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void ipv6Target_isReached() throws Exception {
    var http =
        vertx
            .createHttpServer(
                Loopback.options(TlsEngine.best(), certificates, certificates.runtime()))
            .requestHandler(Loopback::echo);
    await(http.listen(0, "::1"));
    try (Caller caller = caller(TlsEngine.best(), null)) {
      HostPort target = new HostPort("::1", http.actualPort());
      assertThat(caller.echo(target, RUNTIME, "six")).isEqualTo("six");
    }
    await(http.close());
  }

  @Test
  void calls_thatArriveWhileItConnects_shareTheConnection() throws Exception {
    try (Loopback server = server(TlsEngine.best(), certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null)) {
      PinnedChannel channel = caller.channel(server.address(), RUNTIME);
      CompletableFuture<LiveConnection> one = new CompletableFuture<>();
      CompletableFuture<LiveConnection> two = new CompletableFuture<>();
      caller.lane.execute(
          () -> {
            channel.connect(PinnedChannel.Waiter.of(one::complete, one::completeExceptionally));
            channel.connect(PinnedChannel.Waiter.of(two::complete, two::completeExceptionally));
          });
      assertThat(Caller.await(one)).isSameAs(Caller.await(two));
      assertThat(server.connections).hasSize(1);
    }
  }

  @Test
  void goAway_callUnderWayIsAnswered_nextOneGoesOverANewConnection() throws Exception {
    try (Loopback server = server(TlsEngine.best(), certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null)) {
      BlockingQueue<Runnable> held = server.hold();
      LiveConnection leaving = caller.connection(server.address(), RUNTIME);
      Heard underWay = call(caller, leaving, "under way");
      Runnable first = held.take();
      CountDownLatch closed = new CountDownLatch(1);
      server.connections.get(0).closeHandler(v -> closed.countDown());
      server.connections.get(0).goAway(0);
      Awaitility.await().until(() -> on(caller, leaving::gone));

      LiveConnection next = caller.connection(server.address(), RUNTIME);
      Heard later = call(caller, next, "later");
      held.take().run();
      assertThat(later.reply().text()).isEqualTo("later");
      assertThat(next).isNotSameAs(leaving);
      assertThat(closed.getCount()).isOne();
      first.run();

      assertThat(underWay.reply().text()).isEqualTo("under way");
      closed.await(); // not the server's doing
    }
  }

  @Test
  void close_cutsCallsOnConnectionsThatAreLeavingToo() throws Exception {
    try (Loopback server = server(TlsEngine.best(), certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null)) {
      BlockingQueue<Runnable> held = server.hold();
      LiveConnection leaving = caller.connection(server.address(), RUNTIME);
      Heard underWay = call(caller, leaving, "under way");
      Runnable first = held.take();
      caller.drop(server.address(), RUNTIME);

      caller.channel(server.address(), RUNTIME).close();

      assertThat(underWay.reply().how()).isEqualTo(How.BROKEN);
      first.run();
    }
  }

  @Test
  void calls_moreThanMayWaitForAConnection_failAtOnce_andWhoGaveUpLeavesAPlace() throws Exception {
    try (Loopback server = server(TlsEngine.best(), certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null)) {
      PinnedChannel channel = caller.channel(server.address(), RUNTIME);
      List<String> heard = new ArrayList<>();
      PinnedChannel.Waiter impatient = waiter(heard, "impatient");
      List<String> atOnce =
          on(
              caller,
              () -> {
                channel.connect(impatient);
                for (int i = 1; i < Transport.MAX_WAITING; i++) {
                  channel.connect(waiter(heard, "patient"));
                }
                channel.connect(waiter(heard, "late"));
                channel.forget(impatient);
                channel.connect(waiter(heard, "last"));
                return List.copyOf(heard);
              });

      assertThat(atOnce).containsExactly("late: too many calls wait for a connection");
      Awaitility.await().until(() -> on(caller, () -> heard.contains("last")));
      assertThat(on(caller, () -> List.copyOf(heard)))
          .hasSize(1 + Transport.MAX_WAITING)
          .contains("last")
          .doesNotContain("impatient");
    }
  }

  private static PinnedChannel.Waiter waiter(List<String> heard, String name) {
    return PinnedChannel.Waiter.of(
        connection -> heard.add(name),
        e -> heard.add(name + ": " + String.valueOf(e.getMessage()).replaceAll(" to .*", "")));
  }

  @Test
  void streamNumbers_areUsedUp_nextCallGoesOverANewConnection() throws Exception {
    try (Loopback server = server(TlsEngine.best(), certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null)) {
      LiveConnection old = caller.connection(server.address(), RUNTIME);
      assertThat(on(caller, () -> skipToTheLastNumber(caller))).isTrue();
      assertThat(caller.echo(server.address(), RUNTIME, "last")).isEqualTo("last");

      LiveConnection next = caller.connection(server.address(), RUNTIME);

      assertThat(next).isNotSameAs(old);
      assertThat(caller.echo(server.address(), RUNTIME, "first")).isEqualTo("first");
    }
  }

  @Test
  void server_answersNoPings_callsEndAsBroken() throws Exception {
    Limits limits = new Limits(LONG, Duration.ofMillis(50), Duration.ofMillis(50));
    try (SilentServer server = SilentServer.withoutPongs(vertx, certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null, limits)) {
      Reply reply = call(caller, caller.connection(server.address(), RUNTIME), "?").reply();

      assertThat(reply.how()).isEqualTo(How.BROKEN);
      assertThat(reply.code()).isEqualTo(StatusCode.UNAVAILABLE);
      assertThat(reply.status().message()).endsWith("no answer to a ping within 50 ms");
      assertThat(reply.status().notDispatched()).isFalse();
      server.accepted.get(0).closeFuture().sync();
    }
  }

  @Test
  void server_answersPings_connectionStays() throws Exception {
    Limits limits = new Limits(LONG, Duration.ofMillis(1), LONG);
    try (Loopback server = server(TlsEngine.best(), certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null, limits)) {
      CountDownLatch pings = new CountDownLatch(5);
      LiveConnection connection = caller.connection(server.address(), RUNTIME);
      server.connections.get(0).pingHandler(ping -> pings.countDown());
      pings.await();
      assertThat(caller.connection(server.address(), RUNTIME)).isSameAs(connection);
    }
  }

  @Test
  void server_neverSaysItsSettings_isUnreachable() throws Exception {
    Limits limits = new Limits(Duration.ofMillis(500), LONG, LONG);
    try (SilentServer server = SilentServer.withoutSettings(vertx, certificates.runtime());
        Caller caller = caller(TlsEngine.best(), null, limits)) {
      assertThat(caller.failure(server.address(), RUNTIME))
          .isInstanceOf(UnreachableException.class)
          .hasMessageEndingWith("not ready within 500 ms");
      server.accepted.get(0).closeFuture().sync();
    }
  }

  private static Loopback server(TlsEngine engine, Identity identity) throws Exception {
    return Loopback.start(vertx, Loopback.options(engine, certificates, identity));
  }

  private static Caller caller(TlsEngine engine, @Nullable Identity identity) {
    return caller(engine, identity, Limits.USUAL);
  }

  private static Caller caller(TlsEngine engine, @Nullable Identity identity, Limits limits) {
    return Caller.create(vertx, engine, identity, certificates.ca(), limits);
  }

  private static Heard call(Caller caller, LiveConnection connection, String text) {
    Heard heard = new Heard();
    var unused = caller.start(connection, Caller.outgoing(text), heard);
    return heard;
  }

  private static <T> T on(Caller caller, Callable<T> question) throws Exception {
    FutureTask<T> task = new FutureTask<>(question);
    caller.lane.execute(task);
    return task.get();
  }

  // Numbers may be left out; the server answers this call like any other.
  private static boolean skipToTheLastNumber(Caller caller) {
    Channel channel = caller.connected.element();
    ChannelHandlerContext context = channel.pipeline().context(ClientHandler.class);
    ClientHandler handler = (ClientHandler) context.handler();
    Http2Headers headers = GrpcHeaders.request(Caller.outgoing("x"), 0);
    int last = Integer.MAX_VALUE - 2;
    var unused =
        handler.encoder().writeHeaders(context, last, headers, 0, true, context.newPromise());
    return handler.connection().local().lastStreamCreated() == last;
  }

  private static X509Certificate shown(LiveConnection connection) {
    return ((PeerIdentity.Known) connection.peer()).certificate();
  }
}
