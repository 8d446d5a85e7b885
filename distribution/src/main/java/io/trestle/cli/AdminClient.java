package io.trestle.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trestle.cli.KernelFinder.Found;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Calls admin procedures of one kernel, one at a time. */
final class AdminClient {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();
  private final Address address;
  private final @Nullable String token;

  AdminClient(Found kernel) {
    this.address = kernel.address();
    this.token = kernel.token();
  }

  Address address() {
    return address;
  }

  /**
   * Calls a procedure such as {@code ServiceService/Create}.
   *
   * @throws CliFailure with the code that the kernel answered, or why there was no answer
   */
  JsonNode call(String procedure, ObjectNode request) {
    HttpResponse<byte[]> response = send(procedure, request);
    JsonNode body = Json.parse(response.body()).orElse(Json.object());
    if (response.statusCode() == 200 && body.isObject()) {
      return body;
    }
    throw failure(procedure, response.statusCode(), body);
  }

  private HttpResponse<byte[]> send(String procedure, ObjectNode request) {
    HttpRequest.Builder post =
        HttpRequest.newBuilder(address.procedure(procedure))
            .timeout(ANSWER)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(request.toString(), StandardCharsets.UTF_8));
    if (token != null) {
      post.header("authorization", "Bearer " + token);
    }
    try {
      return http.send(post.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw unanswered(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliFailure.failed("canceled", "interrupted");
    }
  }

  private CliFailure unanswered(IOException e) {
    if (e instanceof ConnectException || e instanceof HttpConnectTimeoutException) {
      return CliFailure.noKernel(
          "unavailable",
          address
              + ": nothing listens (expected: a kernel; start it with ./trestle up, or say where it is with --addr)");
    }
    if (e instanceof HttpTimeoutException) {
      return CliFailure.failed(
          "deadline_exceeded", address + ": no answer within " + ANSWER.toSeconds() + " s");
    }
    return CliFailure.failed("unavailable", address + ": " + e);
  }

  private CliFailure failure(String procedure, int status, JsonNode body) {
    if (!body.path("code").isTextual()) {
      return CliFailure.failed(
          "unknown", "%s: HTTP %d (expected: the admin API of Trestle)".formatted(address, status));
    }
    String code = body.path("code").asText();
    String message = body.path("message").asText();
    if (code.equals("unimplemented") && status == 404) {
      message = procedure + ": this kernel does not have it";
    }
    if (code.equals("unauthenticated") && token == null) {
      message += "; no token was found: --token-file, or TRESTLE_TOKEN";
    }
    return CliFailure.answered(code, message);
  }
}
