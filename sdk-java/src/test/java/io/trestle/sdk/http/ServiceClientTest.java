package io.trestle.sdk.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.ValidationException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServiceClientTest {
  private final TestServer server = new TestServer();
  private final SetClock clock = new SetClock();

  ServiceClientTest() throws IOException {}

  @AfterEach
  void close() {
    server.close();
  }

  private static final class SetClock extends Clock {
    private volatile Instant now = Instant.EPOCH;

    void pass(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private ServiceClient client(ClientProfile profile) {
    return client(profile, URI.create(server.url() + "/"));
  }

  private ServiceClient client(ClientProfile profile, URI url) {
    return ServiceDirectory.builder()
        .override("billing", url)
        .profile("billing", profile)
        .clock(clock)
        .build()
        .client("billing");
  }

  private ServiceClient opened() {
    ServiceClient client = client(ClientProfile.DEFAULT);
    for (int i = 0; i < 5; i++) {
      assertThat(client.get("/status/503").status()).isEqualTo(503);
    }
    return client;
  }

  private static CompletableFuture<ServiceResponse> hold(ServiceClient client) {
    return client.request("GET", "/hold", Map.of(), BodyPublishers.noBody());
  }

  @Test
  void answers_haveStatusTextAndJson() {
    ServiceClient client = client(ClientProfile.DEFAULT);

    ServiceResponse answer = client.get("/invoices?open=yes");
    assertThat(answer.ok()).isTrue();
    assertThat(answer.json()).isEqualTo(Map.of("n", Arrays.asList(1, true, null)));
    assertThat(client.post("/echo", "[\"é\"]").json()).isEqualTo(List.of("é"));
    assertThat(client.post("/echo", "é").text()).isEqualTo("é");
    assertThatThrownBy(() -> client.post("/echo", "{").json())
        .isInstanceOf(ValidationException.class);
    assertThat(server.heard).startsWith("GET /invoices?open=yes", "POST /echo");
    assertThatThrownBy(() -> client.get("invoices"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("begins with /");
  }

  @Test
  void fiveFailuresInARow_open_andTheNextCallIsNotSent() {
    ServiceClient client = opened();

    assertThat(client.state()).isEqualTo("open");
    assertThatThrownBy(() -> client.get("/ok"))
        .isInstanceOf(CircuitOpenException.class)
        .isInstanceOf(ConnectionException.class)
        .hasMessageContaining("billing")
        .hasMessageContaining("5 failures");
    assertThat(server.heard).hasSize(5);
    assertThat(client.refused()).isOne();
  }

  @Test
  void oneSuccess_startsTheCountAnew() {
    ServiceClient client = client(ClientProfile.DEFAULT);
    for (String status : List.of("500", "500", "500", "500", "200", "500", "500", "500", "500")) {
      client.get("/status/" + status);
    }
    assertThat(client.state()).isEqualTo("closed");
    client.get("/status/500");
    assertThat(client.state()).isEqualTo("open");
  }

  @Test
  void open_lastsMoreThanThirtySeconds_thenOneCallDecides() {
    ServiceClient client = opened();
    clock.pass(Duration.ofSeconds(30));
    assertThat(catchThrowable(() -> client.get("/ok"))).isInstanceOf(CircuitOpenException.class);

    clock.pass(Duration.ofMillis(1));
    client.get("/status/500");
    assertThat(client.state()).isEqualTo("open");
    assertThat(catchThrowable(() -> client.get("/ok")))
        .isInstanceOf(CircuitOpenException.class)
        .hasMessageContaining("6 failures");

    clock.pass(Duration.ofMillis(30_001));
    client.get("/ok");
    assertThat(client.state()).isEqualTo("closed");
  }

  @Test
  void openTime_countsFromTheLastFailure_alsoOfACallThatBeganBefore() throws Exception {
    ServiceClient client = client(ClientProfile.DEFAULT);
    CompletableFuture<ServiceResponse> slow =
        client.request("GET", "/hold/status/500", Map.of(), BodyPublishers.noBody());
    await().until(() -> server.held.get() == 1);
    for (int i = 0; i < 5; i++) {
      client.get("/status/503");
    }
    assertThat(client.state()).isEqualTo("open");

    clock.pass(Duration.ofSeconds(20));
    server.letGo();
    assertThat(slow.get(60, TimeUnit.SECONDS).status()).isEqualTo(500);

    clock.pass(Duration.ofSeconds(30));
    assertThat(catchThrowable(() -> client.get("/ok")))
        .isInstanceOf(CircuitOpenException.class)
        .hasMessageContaining("6 failures");
    assertThat(client.refused()).isOne();
    clock.pass(Duration.ofMillis(1));
    assertThat(client.get("/ok").ok()).isTrue();
    assertThat(client.state()).isEqualTo("closed");
  }

  @Test
  void namedProfile_isThatOfThePattern() {
    assertThat(ClientProfile.SERVICE_CLIENT)
        .isEqualTo(new ClientProfile(5, Duration.ofSeconds(30), Duration.ofSeconds(10), 20, false))
        .isEqualTo(ClientProfile.DEFAULT);
  }

  @Test
  void halfOpen_letsOneCallThrough_whichGivesItsPlaceBackWhenItIsCancelled() throws Exception {
    ServiceClient client = opened();
    clock.pass(Duration.ofMillis(30_001));
    CompletableFuture<ServiceResponse> trial = hold(client);
    await().until(() -> server.held.get() == 1);
    assertThat(client.state()).isEqualTo("half_open");
    assertThat(catchThrowable(() -> client.get("/ok"))).isInstanceOf(CircuitOpenException.class);

    trial.cancel(true);

    assertThat(client.state()).isEqualTo("half_open");
    assertThat(client.get("/ok").ok()).isTrue();
    assertThat(client.state()).isEqualTo("closed");
  }

  @Test
  void clientErrors_areAnswers_unlessToldOtherwise() {
    ServiceClient client = client(ClientProfile.DEFAULT);
    for (int i = 0; i < 10; i++) {
      client.get("/status/404");
    }
    assertThat(client.state()).isEqualTo("closed");
    for (String status : List.of("408", "429", "408", "429", "429")) {
      client.get("/status/" + status);
    }
    assertThat(client.state()).isEqualTo("open");

    ServiceClient strict = client(ClientProfile.DEFAULT.withClientErrors(true).withFailures(2));
    strict.get("/status/404");
    strict.get("/status/404");
    assertThat(strict.state()).isEqualTo("open");
  }

  @Test
  void timeouts_areFailures() {
    ClientProfile hasty =
        ClientProfile.DEFAULT.withFailures(1).withRequestTimeout(Duration.ofMillis(100));
    ServiceClient client = client(hasty);

    assertThat(catchThrowable(() -> client.get("/hold"))).isInstanceOf(CallTimeoutException.class);

    assertThat(client.state()).isEqualTo("open");
  }

  @Test
  void missingServer_isAFailure() {
    ServiceClient client =
        client(ClientProfile.DEFAULT.withFailures(2), URI.create("http://127.0.0.1:1"));
    for (int i = 0; i < 2; i++) {
      assertThat(catchThrowable(() -> client.get("/ok")))
          .isInstanceOf(ConnectionException.class)
          .isNotInstanceOf(CircuitOpenException.class);
    }
    assertThat(client.state()).isEqualTo("open");
  }

  @Test
  void reset_closes() {
    ServiceClient client = opened();
    client.reset();
    assertThat(client.state()).isEqualTo("closed");
    assertThat(client.get("/ok").ok()).isTrue();
  }

  @Test
  void requestsOverTheBound_waitTheirTurn() throws Exception {
    ServiceClient client = client(ClientProfile.DEFAULT.withConnections(2));
    List<CompletableFuture<ServiceResponse>> answers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      answers.add(hold(client));
    }
    CompletableFuture<ServiceResponse> givenUp = hold(client);
    await().until(() -> server.held.get() == 2);
    givenUp.cancel(true);
    assertThat(server.heard).hasSize(2);

    server.letGo();

    for (CompletableFuture<ServiceResponse> answer : answers) {
      assertThat(answer.get(60, TimeUnit.SECONDS).ok()).isTrue();
    }
    assertThat(server.heard).hasSize(5);
  }

  @Test
  void profiles_haveBounds() {
    assertThatThrownBy(() -> ClientProfile.DEFAULT.withFailures(0))
        .hasMessage("failures: 0 (expected: 1 to 1000)");
    assertThatThrownBy(() -> ClientProfile.DEFAULT.withConnections(1_001))
        .hasMessage("connections: 1001 (expected: 1 to 1000)");
    assertThatThrownBy(() -> ClientProfile.DEFAULT.withOpenTime(Duration.ZERO))
        .hasMessage("openTime: PT0S (expected: more than 0)");
  }
}
