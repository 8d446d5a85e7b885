package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A subscription over HTTP outlives kill -9 of the kernel, and nothing of it is lost. */
class HttpSubscriptionCrashTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TestDatabase database = TestDatabase.migrated();
  private final HttpClient http = HttpClient.newHttpClient();
  private String token = "";

  private String send(KernelProcess kernel, String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(kernel.http()).resolve("/events/subscriptions/inbox" + path))
            .timeout(Duration.ofSeconds(30))
            .header("authorization", "Bearer " + token)
            .header("accept", "application/cloudevents-batch+json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> reply = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(reply.statusCode()).as(reply.body()).isBetween(200, 204);
    return reply.body();
  }

  /** Deliveries by the id of their event, as many as come at once. */
  private Map<String, JsonNode> pull(KernelProcess kernel, int max) throws Exception {
    String batch = send(kernel, "POST", "/pull?waitMs=10000&max=" + max, "");
    Map<String, JsonNode> events = new HashMap<>();
    if (!batch.isEmpty()) {
      JSON.readTree(batch).forEach(e -> events.put(e.path("id").asText(), e));
    }
    return events;
  }

  @Test
  void kernelIsKilled_whatWasAcknowledgedIsDone_theRestComesAgainWithTheSameAttempt(
      @TempDir Path state) throws Exception {
    try (KernelProcess kernel = KernelProcess.serve(state, database.url()).awaitReady()) {
      CliRun.of(state, "service", "create", "shop");
      token =
          CliRun.of(
                  state, "events", "token", "create", "shop", "--scope", "subscribe", "-o", "json")
              .json()
              .path("token")
              .asText();
      send(kernel, "PUT", "", "{\"patterns\":[\"crash.*\"],\"maxInFlight\":2}");
      for (int i = 0; i < 4; i++) {
        CliRun published = CliRun.of(state, "events", "publish", "crash.a", "--service", "shop");
        assertThat(published.exit()).as(published.toString()).isZero();
      }
      awaitPending("4"); // else a "3" of before the last publish would pass for the acknowledgement
      Map<String, JsonNode> out = new HashMap<>();
      while (out.size() < 2) {
        out.putAll(pull(kernel, 2));
      }
      JsonNode done = out.values().iterator().next();
      send(kernel, "POST", "/ack", "{\"ack\":[\"" + done.path("trestledelivery").asText() + "\"]}");
      awaitPending("3");
      kernel.kill();
      kernel.awaitExit();

      try (KernelProcess again = KernelProcess.serve(state, database.url()).awaitReady()) {
        Map<String, JsonNode> rest = new HashMap<>();
        while (rest.size() < 3) {
          for (JsonNode event : pull(again, 2).values()) {
            rest.put(event.path("id").asText(), event);
            send(
                again,
                "POST",
                "/ack",
                "{\"ack\":[\"" + event.path("trestledelivery").asText() + "\"]}");
          }
        }
        assertThat(rest).doesNotContainKey(done.path("id").asText());
        assertThat(rest.values()).allMatch(e -> e.path("trestleattempt").asInt() == 1);
        assertThat(JSON.readTree(send(again, "GET", "", "")).path("pending").asInt()).isZero();
      }
    }
  }

  private void awaitPending(String expected) {
    await()
        .until(
            () ->
                database
                    .value("SELECT pending::text FROM event_consumers WHERE kind = 'http'")
                    .equals(expected));
  }
}
