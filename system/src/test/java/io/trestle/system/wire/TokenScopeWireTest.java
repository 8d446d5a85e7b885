package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.testing.AdminClient;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a token of each scope may do over HTTP, route by route. */
class TokenScopeWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private static final String EVENT =
      """
      {"specversion":"1.0","id":"1","source":"/shop","type":"scope.a","data":{"n":1}}
      """;
  private static final String TO_PUBLISH =
      "scope of the token: subscribe (expected: publish or both)";
  private static final String TO_SUBSCRIBE =
      "scope of the token: publish (expected: subscribe or both)";

  private final HttpClient http = HttpClient.newHttpClient();
  private final ServiceKey service = WIRE.service();

  private record Request(String method, String path, String body) {}

  /** Every route that needs the scope "subscribe". */
  private static final List<Request> SUBSCRIBING =
      List.of(
          new Request("PUT", "/events/subscriptions/inbox", "{\"patterns\":[\"scope.*\"]}"),
          new Request("GET", "/events/subscriptions/inbox", ""),
          new Request("GET", "/events/subscriptions", ""),
          new Request("POST", "/events/subscriptions/inbox/pull?waitMs=0", ""),
          new Request("POST", "/events/subscriptions/inbox/ack", "{\"ack\":[\"x\"]}"),
          new Request("DELETE", "/events/subscriptions/inbox", ""));

  private static final Request PUBLISHING = new Request("POST", "/events", EVENT);

  private static JsonObject admin(String procedure, JsonObject request) {
    return TRESTLE.kernel().admin().ok("EventsService/" + procedure, request);
  }

  private JsonObject token(String scope) {
    return admin(
        "CreateToken", new JsonObject().put("service", service.name()).put("scope", scope));
  }

  private HttpResponse<String> send(String token, Request request) {
    URI kernel = URI.create(TRESTLE.kernel().http().get(0));
    HttpRequest.BodyPublisher body =
        request.body().isEmpty()
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(request.body());
    try {
      return http.send(
          HttpRequest.newBuilder(kernel.resolve(request.path()))
              .timeout(Duration.ofSeconds(20))
              .header("authorization", "Bearer " + token)
              .header("content-type", "application/cloudevents+json")
              .method(request.method(), body)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void assertDenied(String token, Request request, String message) {
    HttpResponse<String> reply = send(token, request);
    assertThat(reply.statusCode()).as(request.toString()).isEqualTo(403);
    assertThat(new JsonObject(reply.body()).getString("message")).isEqualTo(message);
  }

  private void assertAllowed(String token, List<Request> requests) {
    for (Request request : requests) {
      HttpResponse<String> reply = send(token, request);
      assertThat(reply.statusCode()).as(request + " " + reply.body()).isBetween(200, 204);
    }
  }

  @Test
  void scope_isWhatATokenMayDo_onEachRoute() {
    String publish = token("publish").getString("token");
    String subscribe = token("subscribe").getString("token");
    String both = token("both").getString("token");

    assertAllowed(publish, List.of(PUBLISHING));
    SUBSCRIBING.forEach(request -> assertDenied(publish, request, TO_SUBSCRIBE));
    assertDenied(subscribe, PUBLISHING, TO_PUBLISH);
    assertAllowed(subscribe, SUBSCRIBING);
    assertAllowed(both, List.of(PUBLISHING));
    assertAllowed(both, SUBSCRIBING);
  }

  @Test
  void scope_isPublishUnlessSaid_isShown_andOutlivesARestart() {
    JsonObject of = new JsonObject().put("service", service.name());
    JsonObject made = admin("CreateToken", of.copy());
    token("subscribe");
    assertThat(made.getString("scope")).isEqualTo("publish");
    assertThat(scopes(of)).containsExactly("publish", "subscribe");

    TRESTLE.kernel().stop();
    TRESTLE.kernel().run();

    assertThat(scopes(of)).containsExactly("publish", "subscribe");
    assertDenied(made.getString("token"), SUBSCRIBING.get(3), TO_SUBSCRIBE);
    JsonObject gone = admin("RevokeTokens", of.copy().put("id", made.getString("id")));
    assertThat(gone.getJsonArray("revoked").getJsonObject(0).getString("scope"))
        .isEqualTo("publish");
  }

  private static List<String> scopes(JsonObject of) {
    return admin("ListTokens", of.copy()).getJsonArray("tokens").stream()
        .map(token -> ((JsonObject) token).getString("scope"))
        .toList();
  }

  @Test
  void scope_thatIsNone_isRefusedWithWhatWasExpected() {
    AdminClient.Reply reply =
        TRESTLE
            .kernel()
            .admin()
            .call(
                "EventsService/CreateToken",
                new JsonObject().put("service", service.name()).put("scope", "read"));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body().getString("message"))
        .isEqualTo("scope: read (expected: publish, subscribe or both)");
  }
}
