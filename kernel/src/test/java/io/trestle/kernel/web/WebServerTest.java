package io.trestle.kernel.web;

import static io.trestle.kernel.TestFutures.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.kernel.state.AdminToken;
import io.trestle.kernel.web.HttpProbe.Reply;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebServerTest {
  private Vertx vertx;
  private volatile boolean databaseAnswers = true;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void close() {
    join(vertx.close());
  }

  private static InetAddress loopback(int last) throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
  }

  private WebServer server(int port, String... hosts) {
    return new WebServer(
        vertx,
        new WebOptions(List.of(hosts), port, AdminToken.random(), () -> "", () -> databaseAnswers));
  }

  @Test
  @Acceptance("CO-10")
  void probes_databaseAway_aliveButNotReady() {
    WebServer server = server(0, "127.0.0.1");
    join(server.listen());
    HttpProbe probe = new HttpProbe(vertx, server.port());
    for (String path : List.of("/healthz", "/health", "/readyz", "/ready")) {
      assertThat(probe.get(path).status()).as(path).isEqualTo(200);
    }

    databaseAnswers = false;

    assertThat(probe.get("/healthz").status()).isEqualTo(200);
    assertThat(probe.get("/health").status()).isEqualTo(200);
    assertThat(probe.get("/readyz").status()).isEqualTo(503);
    assertThat(probe.get("/ready").status()).isEqualTo(503);
  }

  @Test
  void drain_isAliveButNotReady() {
    WebServer server = server(0, "127.0.0.1");
    join(server.listen());
    HttpProbe probe = new HttpProbe(vertx, server.port());

    server.drain();

    assertThat(probe.get("/healthz").status()).isEqualTo(200);
    assertThat(probe.get("/readyz").status()).isEqualTo(503);
  }

  @Test
  void mount_router_servesItsPathsAndHidesItsFailures() {
    WebServer server = server(0, "127.0.0.1");
    Router module = Router.router(vertx);
    module.get("/hello").handler(context -> context.end("hello"));
    module
        .get("/broken")
        .handler(
            context -> {
              throw new IllegalStateException("secret detail");
            });
    server.mount("/module/*", module);
    join(server.listen());
    HttpProbe probe = new HttpProbe(vertx, server.port());

    assertThat(probe.get("/module/hello").text()).isEqualTo("hello");
    Reply broken = probe.get("/module/broken");
    assertThat(broken.status()).isEqualTo(500);
    assertThat(broken.text()).doesNotContain("secret");
    assertThat(probe.get("/nowhere").status()).isEqualTo(404);
    assertThatThrownBy(() -> server.mount("/late/*", module))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  @Acceptance("FL-6")
  void listen_portInUse_namesPortAndSetting() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, loopback(1))) {
      int port = taken.getLocalPort();

      assertThatThrownBy(() -> join(server(port, "127.0.0.1").listen()))
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOf(ListenException.class)
          .hasMessage(
              "network.ui_port: %d is in use on 127.0.0.1 (expected: a free port, or 0 for any)"
                  .formatted(port));
    }
  }

  @Test
  @Acceptance("FL-6")
  void listen_portInUseOnTheSecondAddress_bindsNone() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, loopback(2))) {
      WebServer server = server(taken.getLocalPort(), "127.0.0.1", "127.0.0.2");

      assertThatThrownBy(() -> join(server.listen())).hasMessageContaining("on 127.0.0.2");
      new ServerSocket(taken.getLocalPort(), 1, loopback(1)).close();
    }
  }

  @Test
  void listen_addressOfAnotherMachine_namesTheSetting() {
    assertThatThrownBy(() -> join(server(0, "192.0.2.1").listen()))
        .cause()
        .isInstanceOf(ListenException.class)
        .hasMessageStartingWith("network.ui_host: 192.0.2.1: ");
  }

  @Test
  void listen_portZeroOnSeveralAddresses_isOnePort() {
    WebServer server = server(0, "127.0.0.1", "127.0.0.2", "::1");

    List<String> urls = join(server.listen());

    assertThat(urls)
        .startsWith("http://127.0.0.1:" + server.port(), "http://127.0.0.2:" + server.port());
    assertThat(server.port()).isPositive();
  }

  @Test
  void urls_ofTheWildcard_areReachable() {
    WebServer server = server(0, "0.0.0.0");

    assertThat(join(server.listen())).containsExactly("http://127.0.0.1:" + server.port());
  }
}
