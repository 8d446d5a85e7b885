package io.trestle.protocol.transport;

import static io.trestle.protocol.transport.Loopback.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PingerTest {
  private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};

  private final Vertx vertx = Vertx.vertx();
  private final TestCertificates certificates = TestCertificates.create();
  private final HttpClientAgent client =
      vertx.createHttpClient(Transport.clientOptions(null, certificates.ca()));

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  /** Connects and starts the pinger on the event loop of the connection. */
  private Future<HttpClientConnection> connect(int port, Duration timeout) {
    Promise<HttpClientConnection> connected = Promise.promise();
    vertx.runOnContext(
        start ->
            client
                .connect(new HttpConnectOptions().setHost("127.0.0.1").setPort(port))
                .onSuccess(c -> Pinger.start(vertx, c, Duration.ofMillis(5), timeout))
                .onComplete(connected));
    return connected.future();
  }

  @Test
  void pinger_answeringServer_pingsOnAndConnectionStays() throws Exception {
    try (Loopback server =
        Loopback.start(vertx, TlsEngine.best(), certificates, certificates.runtime())) {
      HttpClientConnection connection =
          await(connect(server.http.actualPort(), Duration.ofSeconds(20)));
      AtomicInteger pings = new AtomicInteger();
      Awaitility.await().until(() -> !server.connections.isEmpty());
      server.connections.get(0).pingHandler(data -> pings.incrementAndGet());
      AtomicInteger closed = new AtomicInteger();
      connection.closeHandler(v -> closed.incrementAndGet());
      Awaitility.await().until(() -> pings.get() >= 20);
      assertThat(closed).hasValue(0);
    }
  }

  @Test
  void pinger_silentServer_connectionClosed() throws Exception {
    // Greets with empty SETTINGS as HTTP/2 demands, and says nothing more.
    NetServer silent =
        vertx
            .createNetServer(
                new NetServerOptions()
                    .setSsl(true)
                    .setUseAlpn(true)
                    .setKeyCertOptions(certificates.runtime().keyCertOptions()))
            .connectHandler(socket -> socket.write(Buffer.buffer(EMPTY_SETTINGS)));
    await(silent.listen(0, "127.0.0.1"));
    await(
        silent.updateSSLOptions(
            Transport.serverSslOptions(
                certificates.runtime(), certificates.ca(), ClientAuth.REQUEST)));
    HttpClientConnection connection = await(connect(silent.actualPort(), Duration.ofMillis(50)));
    Promise<Void> closed = Promise.promise();
    connection.closeHandler(closed::tryComplete);
    await(closed.future());
  }

  @Test
  void start_foreignThread_refused() throws Exception {
    try (Loopback server =
        Loopback.start(vertx, TlsEngine.best(), certificates, certificates.runtime())) {
      HttpClientConnection connection =
          await(connect(server.http.actualPort(), Duration.ofSeconds(20)));
      assertThatThrownBy(() -> Pinger.start(vertx, connection))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
