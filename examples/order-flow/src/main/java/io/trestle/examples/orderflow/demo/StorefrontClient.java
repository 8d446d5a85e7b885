package io.trestle.examples.orderflow.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.OrderJson;
import io.trestle.examples.orderflow.orders.Picking;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A customer of the storefront. Thread-safe. */
final class StorefrontClient {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Longer than the storefront's own patience. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String url;

  StorefrontClient(String url) {
    this.url = url;
  }

  String url() {
    return url;
  }

  /** Places an order and waits for its end. */
  Outcome place(Order order) throws InterruptedException {
    try {
      HttpResponse<String> answer = post("/orders", OrderJson.write(order));
      return outcome(order, MAPPER.readTree(answer.body()), answer.statusCode());
    } catch (IOException e) {
      return Outcome.unanswered(order, "storefront: " + e);
    }
  }

  /** Asks for the money of an order. */
  RefundTry refund(String orderId) throws InterruptedException {
    try {
      String body = MAPPER.createObjectNode().put("order", orderId).toString();
      HttpResponse<String> answer = post("/refunds", body);
      String message = MAPPER.readTree(answer.body()).path("message").asText();
      return new RefundTry(orderId, answer.statusCode(), message);
    } catch (IOException e) {
      throw new DemoException("storefront: no answer to a refund: " + e, e);
    }
  }

  /** What the storefront counted. */
  JsonNode stats() {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/stats")).build();
      return MAPPER.readTree(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new DemoException("storefront: no figures: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoException("interrupted", e);
    }
  }

  private HttpResponse<String> post(String path, String json)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static Outcome outcome(Order order, JsonNode answer, int status) {
    if (!answer.has("end")) {
      return Outcome.unanswered(order, "HTTP " + status + ": " + answer.path("message").asText());
    }
    return new Outcome(
        order,
        End.of(answer.path("end").asText()).orElse(End.FAILED),
        answer.path("total_cents").asLong(),
        answer.path("repeats").asInt(),
        answer.path("charged_before").asBoolean(),
        Picking.of(answer.path("picking").asText()).orElse(Picking.NONE),
        Optional.of(answer.path("recorded_at").asText())
            .filter(text -> !text.isEmpty())
            .map(Instant::parse),
        answer.path("reason").asText());
  }
}
