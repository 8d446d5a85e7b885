package io.trestle.protocol.transport;

import static io.trestle.protocol.transport.Loopback.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.wire.Caller;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.security.KeyStore;
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

  private static Caller client(TlsEngine engine, @Nullable Identity identity) {
    return Caller.create(vertx, engine, identity, certificates.ca());
  }

  @ParameterizedTest
  @EnumSource
  void server_noClientCertificate_anonymousCallerServed(TlsEngine engine) throws Exception {
    try (Loopback server = Loopback.start(vertx, engine, certificates, certificates.runtime())) {
      Caller client = client(engine, null);
      assertThat(client.echo(server.address(), RUNTIME, "hello")).isEqualTo("hello");
      assertThat(server.callers).containsExactly(PeerIdentity.Anonymous.INSTANCE);
      client.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void server_leafOfOurCa_callerKnown(TlsEngine engine) throws Exception {
    Identity orders = certificates.service("orders", "one");
    try (Loopback server = Loopback.start(vertx, engine, certificates, certificates.runtime())) {
      Caller client = client(engine, orders);
      assertThat(client.echo(server.address(), RUNTIME, "hello")).isEqualTo("hello");
      assertThat(client.echo(server.address(), RUNTIME, "hello")).isEqualTo("hello");
      assertThat(server.callers).hasSize(2).allMatch(c -> c.spiffeId().equals(Optional.of(ORDERS)));
      assertThat(server.callers.get(1)).isSameAs(server.callers.get(0));
      client.close();
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
        Caller client = client(engine, identity);
        client.failure(server.address(), RUNTIME);
        Awaitility.await().until(() -> !server.failures.isEmpty());
        assertThat(server.failures).hasSize(1);
        assertThat(server.callers).isEmpty();
        client.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void server_certificateRequired_anonymousFails(TlsEngine engine) throws Exception {
    Identity orders = certificates.service("orders", "one");
    try (Loopback server =
        Loopback.start(
            vertx,
            Transport.serverOptions(engine, orders, certificates.ca(), ClientAuth.REQUIRED, 100))) {
      Caller client = client(engine, null);
      client.failure(server.address(), ORDERS);
      assertThat(server.callers).isEmpty();
      client.close();
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
