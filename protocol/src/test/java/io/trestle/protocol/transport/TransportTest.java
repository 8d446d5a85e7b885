package io.trestle.protocol.transport;

import static io.trestle.protocol.transport.Loopback.await;
import static io.trestle.protocol.transport.Loopback.echo;
import static io.trestle.protocol.transport.Loopback.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.protocol.SpiffeId;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClientRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransportTest {
  private static final SpiffeId RUNTIME = SpiffeId.runtime();
  private static final SpiffeId ORDERS = SpiffeId.service("orders", "one");

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

  private static PeerClient client(TlsEngine engine, @Nullable Identity identity) {
    return PeerClient.create(vertx, engine, identity, certificates.ca());
  }

  private static String call(PeerClient client, Loopback server, SpiffeId expected)
      throws Exception {
    return await(
            client.request(server.address(), expected).compose(request -> echo(request, "hello")))
        .toString();
  }

  @ParameterizedTest
  @EnumSource
  void server_noClientCertificate_anonymousCallerServed(TlsEngine engine) throws Exception {
    try (Loopback server = Loopback.start(vertx, engine, certificates, certificates.runtime())) {
      PeerClient client = client(engine, null);
      assertThat(call(client, server, RUNTIME)).isEqualTo("hello");
      assertThat(server.callers).containsExactly(PeerIdentity.Anonymous.INSTANCE);
      await(client.close());
    }
  }

  @ParameterizedTest
  @EnumSource
  void server_leafOfOurCa_callerKnown(TlsEngine engine) throws Exception {
    Identity orders = certificates.service("orders", "one");
    try (Loopback server = Loopback.start(vertx, engine, certificates, certificates.runtime())) {
      PeerClient client = client(engine, orders);
      assertThat(call(client, server, RUNTIME)).isEqualTo("hello");
      assertThat(call(client, server, RUNTIME)).isEqualTo("hello");
      assertThat(server.callers).hasSize(2).allMatch(c -> c.spiffeId().equals(Optional.of(ORDERS)));
      assertThat(server.callers.get(1)).isSameAs(server.callers.get(0));
      await(client.close());
    }
  }

  @ParameterizedTest
  @EnumSource
  @Acceptance("WI-13")
  void server_unusableClientCertificate_handshakeFailsAndIsCounted(TlsEngine engine)
      throws Exception {
    TestCertificates.Leaf leaf = certificates.leaf().uri(ORDERS.uri());
    List<Identity> refused =
        List.of(
            TestCertificates.create().service("orders", "one"),
            certificates.leaf().uri(ORDERS.uri()).expired().identity(),
            leaf.serverOnly().identity());
    for (Identity identity : refused) {
      try (Loopback server = Loopback.start(vertx, engine, certificates, certificates.runtime())) {
        PeerClient client = client(engine, identity);
        failure(client.request(server.address(), RUNTIME));
        Awaitility.await().until(() -> !server.failures.isEmpty());
        assertThat(server.failures).hasSize(1);
        assertThat(server.callers).isEmpty();
        await(client.close());
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void server_certificateRequired_anonymousFails(TlsEngine engine) throws Exception {
    Identity orders = certificates.service("orders", "one");
    try (Loopback server =
        Loopback.start(vertx, engine, certificates, orders, ClientAuth.REQUIRED)) {
      PeerClient client = client(engine, null);
      failure(client.request(server.address(), ORDERS));
      assertThat(server.callers).isEmpty();
      await(client.close());
    }
  }

  @ParameterizedTest
  @EnumSource
  @Acceptance({"WI-11", "WI-16"})
  void client_serverIsSomebodyElse_failsBeforeDispatch(TlsEngine engine) throws Exception {
    try (Loopback server =
        Loopback.start(vertx, engine, certificates, certificates.service("orders", "two"))) {
      PeerClient client = client(engine, certificates.service("orders", "one"));
      Throwable runtime = failure(client.request(server.address(), RUNTIME));
      Throwable peer = failure(client.request(server.address(), ORDERS));
      assertThat(runtime)
          .isInstanceOf(WrongPeerException.class)
          .hasMessageContaining("/instance/two")
          .hasMessageContaining("runtime");
      assertThat(peer).isInstanceOf(WrongPeerException.class);
      assertThat(server.callers).isEmpty();
      await(client.close());
    }
  }

  @ParameterizedTest
  @EnumSource
  void client_unusableServerCertificate_connectionFails(TlsEngine engine) throws Exception {
    List<Identity> refused =
        List.of(
            TestCertificates.create().runtime(),
            certificates.leaf().uri(RUNTIME.uri()).expired().identity(),
            certificates.leaf().uri(RUNTIME.uri()).clientOnly().identity());
    for (Identity identity : refused) {
      try (Loopback server = Loopback.start(vertx, engine, certificates, identity)) {
        PeerClient client = client(engine, null);
        assertThat(failure(client.request(server.address(), RUNTIME)))
            .isNotInstanceOf(WrongPeerException.class);
        assertThat(server.callers).isEmpty();
        await(client.close());
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
    try (Loopback server = Loopback.start(vertx, engine, certificates, oldRuntime)) {
      PeerClient client = client(engine, oldOrders);
      GrpcClientRequest<Buffer, Buffer> inFlight = await(client.request(server.address(), RUNTIME));
      assertThat(shown(inFlight)).isEqualTo(oldRuntime.leaf());

      await(
          server.http.updateSSLOptions(
              Transport.serverSslOptions(newRuntime, certificates.ca(), ClientAuth.REQUEST)));
      await(client.rotate(newOrders));
      GrpcClientRequest<Buffer, Buffer> next = await(client.request(server.address(), RUNTIME));
      assertThat(shown(next)).isEqualTo(newRuntime.leaf());

      assertThat(await(echo(inFlight, "old")).toString()).isEqualTo("old");
      assertThat(await(echo(next, "new")).toString()).isEqualTo("new");
      assertThat(server.callers)
          .extracting(caller -> ((PeerIdentity.Known) caller).certificate())
          .containsExactly(oldOrders.leaf(), newOrders.leaf());
      await(client.close());
    }
  }

  @ParameterizedTest
  @EnumSource
  @Acceptance("WI-69")
  void client_serverSwapsLeafInPlace_handshakeIsNotResumed(TlsEngine engine) throws Exception {
    Identity oldRuntime = certificates.runtime();
    Identity newRuntime = certificates.runtime();
    SwappingIdentity swapping = new SwappingIdentity(oldRuntime);
    HttpServerOptions options =
        Transport.serverOptions(engine, oldRuntime, certificates.ca(), ClientAuth.REQUEST, 100);
    try (Loopback server = Loopback.start(vertx, options.setKeyCertOptions(swapping.options()))) {
      PeerClient client = client(engine, null);
      GrpcClientRequest<Buffer, Buffer> first = await(client.request(server.address(), RUNTIME));
      assertThat(await(echo(first, "ticket")).toString()).isEqualTo("ticket");
      await(first.connection().close());

      swapping.swap(newRuntime);
      GrpcClientRequest<Buffer, Buffer> second = await(client.request(server.address(), RUNTIME));
      assertThat(shown(second)).isEqualTo(newRuntime.leaf());
      assertThat(swapping.handshakes).hasValueGreaterThanOrEqualTo(2);
      await(client.close());
    }
  }

  @ParameterizedTest
  @EnumSource
  void server_tls13AndHttp2_areDemanded(TlsEngine engine) throws Exception {
    try (Loopback server = Loopback.start(vertx, engine, certificates, certificates.runtime())) {
      assertThatThrownBy(() -> connect(server, "TLSv1.2", "h2")).isInstanceOf(SSLException.class);
      assertThat(connect(server, "TLSv1.3", "h2")).isEqualTo("h2 open");
      assertThat(closedOrRefused(server, "http/1.1")).isTrue();
      assertThat(closedOrRefused(server)).isTrue();
    }
  }

  @Test
  void client_ipv6Target_reached() throws Exception {
    Identity runtime = certificates.runtime();
    var http =
        vertx
            .createHttpServer(
                Transport.serverOptions(runtime, certificates.ca(), ClientAuth.REQUEST, 100))
            .requestHandler(request -> request.response().end(request.authority().toString()));
    await(http.listen(0, "::1"));
    PeerClient client = PeerClient.create(vertx, null, certificates.ca(), 1000);
    var target = SocketAddress.inetSocketAddress(http.actualPort(), "::1");
    assertThat(await(client.request(target, RUNTIME))).isNotNull();
    await(client.close());
    await(http.close());
  }

  private static X509Certificate shown(GrpcClientRequest<Buffer, Buffer> request) {
    return ((PeerIdentity.Known) PeerIdentity.of(request.connection())).certificate();
  }

  /**
   * An open connection on which nothing comes is neither: the read times out and fails the test.
   */
  private static boolean closedOrRefused(Loopback server, String... protocols) throws Exception {
    try {
      return connect(server, "TLSv1.3", protocols).endsWith("closed");
    } catch (SSLException | SocketException e) {
      return true;
    }
  }

  /** Says what ALPN settled on, and whether the server then keeps the connection. */
  private static String connect(Loopback server, String version, String... protocols)
      throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("ca", certificates.ca());
    trust.init(store);
    context.init(null, trust.getTrustManagers(), null);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), server.http.actualPort()),
          10_000);
      socket.setSoTimeout(10_000);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {version});
      parameters.setApplicationProtocols(protocols);
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      boolean open = socket.getInputStream().read() >= 0;
      return socket.getApplicationProtocol() + (open ? " open" : " closed");
    }
  }
}
