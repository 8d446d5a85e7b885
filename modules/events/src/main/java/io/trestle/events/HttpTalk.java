package io.trestle.events;

import io.trestle.conversations.Refused;
import io.trestle.events.core.CloudEvent.Malformed;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the routes below {@code /events} have in common: tokens, bodies that are bounded, refusals.
 * Neither headers nor bodies are logged.
 */
final class HttpTalk {
  private static final Logger LOG = LoggerFactory.getLogger(HttpTalk.class);
  private static final String BEARER = "bearer ";

  /** A body may take this long from its first byte to its last. */
  private static final long BODY_MILLIS = 10_000;

  private HttpTalk() {}

  /** An answer in words: HTTP status and message. */
  static final class HttpProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    HttpProblem(int status, String message) {
      super(message, null, false, false);
      this.status = status;
    }
  }

  // ---- requests

  /** SHA-256 of the bearer token; 401 without one. */
  static byte[] digest(HttpServerRequest request) {
    List<String> shown = request.headers().getAll("authorization");
    if (shown.size() == 1 && shown.get(0).toLowerCase(Locale.ROOT).startsWith(BEARER)) {
      return TokenDesk.digest(shown.get(0).substring(BEARER.length()).strip());
    }
    throw new HttpProblem(401, "Authorization: missing (expected: Bearer and a token)");
  }

  /** 415 for a body that is compressed. */
  static void requirePlain(HttpServerRequest request) {
    String encoding = request.getHeader("content-encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new HttpProblem(415, "content-encoding: compressed (expected: identity)");
    }
  }

  /** A media type without its parameters; empty for none. */
  static String media(@Nullable String header) {
    return header == null ? "" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  /** What is reserved for the body: its length, or the most that it may have. */
  static long length(HttpServerRequest request, int most) {
    String length = request.getHeader("content-length");
    long bytes = length == null ? most : parsed(length);
    if (bytes > most) {
      throw tooLarge(most);
    }
    return bytes;
  }

  private static long parsed(String length) {
    try {
      return Long.parseLong(length);
    } catch (NumberFormatException e) {
      throw new HttpProblem(400, "content-length: no number (expected: a number)");
    }
  }

  private static HttpProblem tooLarge(int most) {
    return new HttpProblem(413, "body: too large (expected: at most " + most + " bytes)");
  }

  /** The whole body of a request that was paused. */
  static Future<Buffer> body(HttpServerRequest request, int most) {
    return body(request, most, Promise.promise(), bytes -> true);
  }

  /**
   * The whole body of a request that was paused, if it comes in time: 408 if it does not, 503 when
   * there is no room for more of it.
   *
   * @param room takes so many bytes, or says false; they are given back by whoever asked for it
   */
  static Future<Buffer> body(Vertx vertx, HttpServerRequest request, int most, IntPredicate room) {
    Promise<Buffer> whole = Promise.promise();
    long timer =
        vertx.setTimer(
            BODY_MILLIS,
            id ->
                whole.tryFail(
                    new HttpProblem(
                        408, "body: slow (expected: all of it in " + BODY_MILLIS + " ms)")));
    return body(request, most, whole, room).onComplete(v -> vertx.cancelTimer(timer));
  }

  private static Future<Buffer> body(
      HttpServerRequest request, int most, Promise<Buffer> whole, IntPredicate room) {
    Buffer gathered = Buffer.buffer();
    request.handler(
        part -> {
          if (whole.future().isComplete()) {
            return;
          }
          if (gathered.length() + part.length() > most) {
            whole.tryFail(tooLarge(most));
          } else if (room.test(part.length())) {
            gathered.appendBuffer(part);
          } else {
            whole.tryFail(new HttpProblem(503, "too many requests are being read, try again"));
          }
        });
    request.exceptionHandler(whole::tryFail);
    request.endHandler(end -> whole.tryComplete(gathered));
    request.resume();
    return whole.future();
  }

  // ---- answers

  static void refuse(HttpServerRequest request, Throwable failure) {
    if (failure instanceof HttpProblem problem) {
      send(request, problem.status, message(failure));
    } else if (failure instanceof Malformed) {
      send(request, 400, message(failure));
    } else if (failure instanceof Refused refused) {
      send(request, status(refused), message(failure));
    } else {
      LOG.error("event request not answered error={}", failure.getClass().getName());
      send(request, 500, new JsonObject().put("message", "internal error"));
    }
  }

  private static int status(Refused refused) {
    return switch (refused.reason()) {
      case UNAUTHENTICATED -> 401;
      case INVALID -> 400;
      case DENIED -> 403;
      case NOT_FOUND -> 404;
      case PRECONDITION -> 409;
      case OVERLOADED -> 429;
      default -> 503;
    };
  }

  private static JsonObject message(Throwable failure) {
    return new JsonObject().put("message", String.valueOf(failure.getMessage()));
  }

  static Future<Void> send(HttpServerRequest request, int status, JsonObject json) {
    return send(request, status, "application/json", json.toBuffer());
  }

  /** Answers unless somebody did, or nobody is there. */
  static Future<Void> send(HttpServerRequest request, int status, String type, Buffer body) {
    HttpServerResponse response = request.response();
    if (response.closed() || response.ended()) {
      return Future.succeededFuture();
    }
    if (!request.isEnded()) {
      request.resume();
    }
    if (status == 401) {
      response.putHeader("www-authenticate", "Bearer");
    } else if (status == 405 && !response.headers().contains("allow")) {
      response.putHeader("allow", "POST");
    } else if (status == 503 || status == 429) {
      response.putHeader("retry-after", "1");
    }
    if (!type.isEmpty()) {
      response.putHeader("content-type", type);
    }
    return response
        .setStatusCode(status)
        .putHeader("cache-control", "no-store")
        .putHeader("x-content-type-options", "nosniff")
        .end(body)
        .onFailure(e -> LOG.debug("answer not sent", e))
        .onComplete(
            v -> {
              if (status == 408) {
                cut(request);
              }
            });
  }

  /** Ends the connection at once; closing it would wait for whoever reads slowly. */
  static void cut(HttpServerRequest request) {
    if (request.connection() instanceof ConnectionBase connection) {
      var unused = connection.channel().close(); // whoever writes hears that it is closed
    }
  }
}
