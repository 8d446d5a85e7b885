package io.trestle.testing;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

/** The admin API with the token of the kernel. Blocking. */
public final class AdminClient {
  private final HttpClient http = HttpClient.newHttpClient();
  private final String url;
  private final Path state;

  AdminClient(String url, Path state) {
    this.url = url;
    this.state = state;
  }

  /** Calls a procedure such as {@code ServiceService/Create}. */
  public Reply call(String procedure, JsonObject request) {
    try {
      HttpRequest post =
          HttpRequest.newBuilder(URI.create(url).resolve("/servicebridge.ui.v1." + procedure))
              .header("content-type", "application/json")
              .header(
                  "authorization",
                  "Bearer " + Files.readString(state.resolve("admin-token")).strip())
              .POST(HttpRequest.BodyPublishers.ofString(request.encode()))
              .build();
      HttpResponse<String> reply = http.send(post, HttpResponse.BodyHandlers.ofString());
      return new Reply(reply.statusCode(), new JsonObject(reply.body()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Calls a procedure that must succeed. */
  public JsonObject ok(String procedure, JsonObject request) {
    Reply reply = call(procedure, request);
    if (reply.status() != 200) {
      throw new IllegalStateException(procedure + " answered " + reply);
    }
    return reply.body();
  }

  /** Makes a service. */
  public TestKernel.ServiceKey createService(String name) {
    JsonObject created = ok("ServiceService/Create", new JsonObject().put("name", name));
    return new TestKernel.ServiceKey(
        created.getString("id"), created.getString("name"), created.getString("apiKey"));
  }

  /** Revokes a service by name or id. */
  public void revokeService(String id) {
    ok("ServiceService/Revoke", new JsonObject().put("id", id));
  }

  /** HTTP status and body of an answer. */
  public record Reply(int status, JsonObject body) {}
}
