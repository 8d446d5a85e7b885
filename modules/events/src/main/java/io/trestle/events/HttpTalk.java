package io.trestle.events;

import io.netty.channel.Channel;
import io.trestle.conversations.Refused;
import io.trestle.events.core.CloudEvent.Malformed;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the routes below {@code /events} have in common: tokens, media types, answers, refusals.
 * Neither headers nor bodies are logged.
 */
final class HttpTalk {
  private static final Logger LOG = LoggerFactory.getLogger(HttpTalk.class);
  private static final String BEARER = "bearer ";
  private static final long REST_MILLIS = 5_000;

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

  // ---- answers

  static void refuse(HttpServerRequest request, Throwable failure) {
    if (request.response().closed()) {
      LOG.debug("event request not answered, whoever asked is gone", failure);
    } else if (failure instanceof HttpProblem problem) {
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
              } else if (!request.isEnded()) {
                cutUnlessEnded(request);
              }
            });
  }

  /** Who was refused in the middle of a body has this long to end it. */
  private static void cutUnlessEnded(HttpServerRequest request) {
    Context context = Vertx.currentContext();
    if (context != null) {
      context
          .owner()
          .setTimer(
              REST_MILLIS,
              id -> {
                if (!request.isEnded()) {
                  cut(request);
                }
              });
    }
  }

  /**
   * Ends the connection at once, past the handlers of the channel: those would first write what
   * waits, which for whoever does not read is never. Whoever writes hears that it is closed.
   */
  static void cut(HttpServerRequest request) {
    if (request.connection() instanceof ConnectionBase connection) {
      Channel channel = connection.channel();
      channel.eventLoop().execute(() -> channel.unsafe().close(channel.newPromise()));
    }
  }
}
