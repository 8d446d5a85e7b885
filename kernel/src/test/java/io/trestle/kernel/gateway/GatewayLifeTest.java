package io.trestle.kernel.gateway;

import static io.trestle.kernel.gateway.TestMethods.SLOW;
import static io.trestle.kernel.gateway.TestMethods.UNARY;
import static io.trestle.kernel.gateway.TestMethods.WATCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.kernel.gateway.JavaClient.Ended;
import io.trestle.kernel.gateway.JavaClient.Stream;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.TestCertificates;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.cert.Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.Test;

/** Binding, rotation, draining and stopping. */
class GatewayLifeTest {

  @Test
  void bind_ofATakenPort_namesPortAndSetting() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Vertx vertx = Vertx.vertx();
      GatewayServer server = server(vertx, 2);
      Future<List<BoundAddress>> bound = server.bind("127.0.0.1", taken.getLocalPort());
      await().until(bound::isComplete);
      assertThat(bound.cause())
          .hasMessageContaining("network.grpc_port: " + taken.getLocalPort() + " on 127.0.0.1");
      assertThat(server.addresses()).isEmpty();
      GatewayFixture.await(vertx.close());
    }
  }

  @Test
  void portZero_withSeveralLoops_isOnePortForAll_andAllLoopsServe() throws Exception {
    try (GatewayFixture gateway = GatewayFixture.start(GatewayOptions.defaults(2))) {
      Set<String> threads = ConcurrentHashMap.newKeySet();
      assertThat(gateway.server.addresses())
          .containsExactly(new BoundAddress("127.0.0.1", gateway.port()));
      for (int i = 0; i < 8; i++) {
        assertThat(gateway.raw().call(UNARY, "x").grpcStatus()).isEqualTo("0");
      }
      gateway.methods.calls.forEach(
          call -> threads.add(((CallLife) call).loop().thread().getName()));
      assertThat(threads).hasSize(2);
    }
  }

  @Test
  void twoListeners_onPortZeroOfOneVertx_doNotShareIt() {
    Vertx vertx = Vertx.vertx();
    GatewayServer first = server(vertx, 1);
    GatewayServer second = server(vertx, 1);
    int one = GatewayFixture.await(first.bind("127.0.0.1", 0)).get(0).port();
    int two = GatewayFixture.await(second.bind("127.0.0.1", 0)).get(0).port();
    assertThat(one).isNotEqualTo(two);
    GatewayFixture.await(vertx.close());
  }

  @Test
  void defaultHost_listensOnIpv4AndIpv6() throws Exception {
    Vertx vertx = Vertx.vertx();
    GatewayServer server = server(vertx, 1);
    List<BoundAddress> bound = GatewayFixture.await(server.bind("0.0.0.0", 0));
    int port = bound.get(0).port();
    assertThat(accepts("127.0.0.1", port)).isTrue();
    assumeThat(hasIpv6Loopback()).isTrue();
    assertThat(accepts("::1", port)).isTrue();
    assertThat(bound)
        .containsExactly(new BoundAddress("0.0.0.0", port), new BoundAddress("::", port));
    assertThat(bound.get(1)).hasToString("[::]:" + port);
    GatewayFixture.await(vertx.close());
  }

  @Test
  void otherHost_isBoundAlone() throws Exception {
    try (GatewayFixture gateway = GatewayFixture.start()) {
      assertThat(accepts("127.0.0.1", gateway.port())).isTrue();
      assumeThat(hasIpv6Loopback()).isTrue();
      assertThat(accepts("::1", gateway.port())).isFalse();
    }
  }

  @Test
  void mounting_afterBind_isAnError() throws Exception {
    try (GatewayFixture gateway = GatewayFixture.start()) {
      assertThatThrownBy(() -> gateway.server.closed("/x"))
          .isInstanceOf(IllegalStateException.class);
    }
    Vertx vertx = Vertx.vertx();
    GatewayServer server = server(vertx, 1);
    MethodHandler method = new TestMethods().all().get(0);
    server.method(method);
    assertThatThrownBy(() -> server.method(method)).hasMessageContaining(method.path());
    assertThatThrownBy(() -> server.bind("127.0.0.1", 0))
        .hasMessageContaining("belongs to no mounted facade");
    GatewayFixture.await(vertx.close());
  }

  @Test
  void identity_replaced_isSeenByNewHandshakes_andOldConnectionsGoOn() throws Exception {
    try (GatewayFixture gateway = GatewayFixture.start(GatewayOptions.defaults(2))) {
      RawConnection old = gateway.raw();
      Certificate before = shownTo(old);
      Identity renewed = gateway.certificates.runtime();
      GatewayFixture.await(gateway.server.identity(renewed, gateway.certificates.ca()));
      Set<Certificate> after = new HashSet<>();
      for (int i = 0; i < 4; i++) {
        after.add(shownTo(gateway.raw()));
      }
      assertThat(after).containsExactly(renewed.leaf());
      assertThat(before).isNotEqualTo(renewed.leaf());
      assertThat(old.call(UNARY, "x").grpcStatus()).isEqualTo("0");
      // Still optional, still demanded per method.
      assertThat(gateway.raw(null).call(UNARY, "x").grpcStatus()).isEqualTo("16");
    }
  }

  @Test
  void drain_refusesNewCallsWithProof_andLetsRunningOnesEnd() throws Exception {
    try (GatewayFixture gateway = GatewayFixture.start(GatewayOptions.defaults(2))) {
      JavaClient client = gateway.javaClient();
      Stream running = client.open(SLOW, MethodType.UNARY);
      running.sendText("running");
      running.halfClose();
      await().until(() -> gateway.methods.slow.containsKey("running"));
      gateway.server.drain();
      Future<Void> idle = gateway.server.inFlightUnary();
      for (JavaClient caller : List.of(client, gateway.javaClient())) {
        for (String path : List.of(UNARY, WATCH, "/test.v1.Echo/Invented")) {
          Ended refused = caller.unary(path, "x");
          assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
          assertThat(refused.notDispatched()).isTrue();
        }
      }
      assertThat(gateway.javaClient(null).unary(UNARY, "x").code()).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(idle.isComplete()).isFalse();
      gateway.methods.finishSlow("running", "done");
      assertThat(running.ended().text()).isEqualTo("done");
      GatewayFixture.await(idle);
      GatewayFixture.await(gateway.server.inFlightUnary());
    }
  }

  @Test
  void close_endsOpenCallsUnavailable_andThePort() throws Exception {
    try (GatewayFixture gateway = GatewayFixture.start()) {
      Stream stream = gateway.javaClient().open(WATCH, MethodType.SERVER_STREAMING);
      stream.sendText("x");
      stream.halfClose();
      await().until(() -> stream.messages.size() == 1);
      int port = gateway.port();
      GatewayFixture.await(gateway.server.close());
      assertThat(stream.ended().code()).isEqualTo(Code.UNAVAILABLE);
      assertThat(accepts("127.0.0.1", port)).isFalse();
    }
  }

  private static GatewayServer server(Vertx vertx, int loops) {
    TestCertificates certificates = TestCertificates.create();
    GatewayServer server =
        new GatewayServer(
            vertx, () -> 0, new SimpleMeterRegistry(), GatewayOptions.defaults(loops));
    server.mount(new Facade("other.v1", (peer, headers) -> Caller.ANONYMOUS));
    GatewayFixture.await(server.identity(certificates.runtime(), certificates.ca()));
    return server;
  }

  private static Certificate shownTo(RawConnection connection) throws SSLPeerUnverifiedException {
    return connection.connection().peerCertificates().get(0);
  }

  private static boolean accepts(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), 5_000);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private static boolean hasIpv6Loopback() {
    try (ServerSocket socket = new ServerSocket()) {
      byte[] loopback = new byte[16];
      loopback[15] = 1;
      socket.bind(new InetSocketAddress(InetAddress.getByAddress(loopback), 0));
      return true;
    } catch (IOException none) {
      return false;
    }
  }
}
