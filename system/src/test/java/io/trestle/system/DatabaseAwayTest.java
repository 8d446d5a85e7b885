package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The database is lost while the kernel runs, and comes back. */
class DatabaseAwayTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @Test
  @Acceptance({"FL-15", "CO-10"})
  void callsGoOn_writesAreRefused_everythingRecovers() {
    String direct = TestKernel.newDatabase();
    int port = URI.create(direct).getPort();
    try (Switch line = new Switch(port);
        TestKernel kernel =
            TestKernel.onDatabase(
                direct.replace(":" + port + "/", ":" + line.port() + "/"), o -> o)) {
      kernel.run();
      scenario(kernel, line);
    }
  }

  private static void scenario(TestKernel kernel, Switch line) {
    var served = kernel.service("served");
    var using = kernel.service("using");
    try (ServiceBridge server = kernel.client(served).build();
        ServiceBridge caller = kernel.client(using).build();
        ServiceBridge late =
            kernel
                .client(using)
                .reconnectInterval(Duration.ofMillis(100))
                .startTimeout(Duration.ofSeconds(60))
                .build()) {
      server.rpc().handle("echo", (request, context) -> request);
      server.start();
      caller.service("served", ServiceDeps.rpc("echo"));
      caller.start();

      line.off();
      await().untilAsserted(() -> assertThat(status(kernel, "/readyz")).isEqualTo(503));

      assertThat(status(kernel, "/healthz")).isEqualTo(200);
      assertCalls(caller);
      assertThat(
              kernel
                  .admin()
                  .call("ServiceService/Create", new JsonObject().put("name", "x"))
                  .status())
          .isEqualTo(503);
      assertThat(
              catchThrowableOfType(
                  ServiceBridgeException.class,
                  () -> startWithin(kernel, using, Duration.ofSeconds(2))))
          .as("a new instance cannot be provisioned")
          .isNotNull();
      var started = late.startAsync();

      line.on();

      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(status(kernel, "/readyz")).isEqualTo(200));
      started.join();
      assertCalls(caller);
      assertThat(kernel.service("x").apiKey()).startsWith("sb.");
    }
  }

  private static void startWithin(TestKernel kernel, TestKernel.ServiceKey key, Duration time) {
    try (ServiceBridge client = kernel.client(key).startTimeout(time).build()) {
      client.start();
    }
  }

  private static void assertCalls(ServiceBridge caller) {
    for (Transport transport : new Transport[] {Transport.DIRECT, Transport.PROXY}) {
      assertThat(
              caller
                  .rpc()
                  .call(
                      "served",
                      "echo",
                      new byte[] {3},
                      CallOptions.DEFAULT.withTransport(transport)))
          .isEqualTo(new byte[] {3});
    }
  }

  private static int status(TestKernel kernel, String path) {
    try {
      return HTTP.send(
              HttpRequest.newBuilder(URI.create(kernel.http().get(0)).resolve(path)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
