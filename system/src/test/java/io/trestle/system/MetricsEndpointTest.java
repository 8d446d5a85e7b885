package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.trestle.kernel.web.MetricsServer;
import io.trestle.testing.TestKernel;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The Prometheus endpoint as a scraper sees it. */
class MetricsEndpointTest {
  private static final String ENABLE = "obsexport.prometheus.enable";
  private static final String TOKEN = "obsexport.metrics_bearer_token";

  private final int port = freePort();
  private final TestKernel kernel =
      TestKernel.onNewDatabase(options -> options)
          .with("network.obsexport_port", String.valueOf(port));
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    kernel.close();
  }

  @Test
  void switchedOnAndOff_isServedWhileItIsOn() throws Exception {
    kernel.run();
    assertThat(isServed()).as("off by default").isFalse();

    set(ENABLE, "true");
    await().until(this::isServed);
    HttpResponse<String> scrape = get("/metrics", null);

    assertThat(scrape.statusCode()).isEqualTo(200);
    assertThat(scrape.headers().firstValue("content-type")).get().asString().contains("0.0.4");
    assertThat(scrape.body())
        .contains(
            "# TYPE trestle_gateway_request_bytes gauge",
            "# TYPE sb_event_deliveries_handed_out_total counter");
    assertThat(get("/", null).statusCode()).isEqualTo(404);
    assertThat(send(request("/metrics").DELETE()).statusCode()).isEqualTo(405);

    set(ENABLE, "false");
    await().until(() -> !isServed());
  }

  @Test
  void token_isAskedForAsSoonAsItIsSet() throws Exception {
    kernel.with(ENABLE, "true").run();
    assertThat(get("/metrics", null).statusCode()).isEqualTo(200);

    set(TOKEN, "let-me-in");
    await().until(() -> get("/metrics", null).statusCode() == 401);

    assertThat(get("/metrics", "Bearer let-me").statusCode()).isEqualTo(401);
    assertThat(get("/metrics", "Basic let-me-in").statusCode()).isEqualTo(401);
    assertThat(get("/metrics", "Bearer let-me-in").statusCode()).isEqualTo(200);
    assertThat(
            send(request("/metrics")
                    .header("authorization", "Bearer let-me-in")
                    .header("authorization", "Bearer other"))
                .statusCode())
        .isEqualTo(401);
  }

  @Test
  void portInUse_endsTheStartNamingTheSetting() throws Exception {
    try (ServerSocket taken = taken()) {
      assertThatThrownBy(() -> kernel.with(ENABLE, "true").run())
          .hasStackTraceContaining(
              "network.obsexport_port: " + taken.getLocalPort() + " is in use");
    }
  }

  @Test
  void portInUse_whenItIsSwitchedOnLater_isNoReasonToEnd_andItMayBeSwitchedOnAgain()
      throws Exception {
    kernel.run();
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.list = new CopyOnWriteArrayList<>(); // read while the kernel writes
    Logger logger = (Logger) LoggerFactory.getLogger(MetricsServer.class);
    log.start();
    logger.addAppender(log);
    try (ServerSocket taken = taken()) {
      set(ENABLE, "true");
      String reason = "network.obsexport_port: " + taken.getLocalPort() + " is in use";
      await().until(() -> log.list.toString().contains(reason));
      set(ENABLE, "false");
    } finally {
      logger.detachAppender(log);
    }

    set(ENABLE, "true");

    await().until(this::isServed);
  }

  private ServerSocket taken() throws IOException {
    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
  }

  private void set(String key, String value) {
    JsonObject wanted = new JsonObject().put("key", key).put("value", value);
    JsonObject unused = kernel.admin().ok("SettingsService/UpdateSettings", wanted);
  }

  private boolean isServed() throws InterruptedException {
    try {
      return get("/metrics", null).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private HttpResponse<String> get(String path, @Nullable String authorization)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).GET();
    return send(authorization == null ? request : request.header("authorization", authorization));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
