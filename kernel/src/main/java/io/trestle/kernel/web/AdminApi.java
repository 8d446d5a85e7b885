package io.trestle.kernel.web;

import io.trestle.conversations.Refused;
import io.trestle.kernel.web.AdminFailure.Code;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin procedures: Connect's unary JSON over HTTP POST (foundation.md 5). A request passes in
 * this order: the gate (place, host, origin, token), drain, media type, known procedure, size,
 * JSON; the first that does not fit is answered and nothing behind it is looked at. Neither headers
 * nor bodies are ever logged, nor the texts of unexpected failures.
 */
final class AdminApi implements Handler<RoutingContext> {
  static final String PREFIX = "/servicebridge.ui.v1.";
  static final String PATHS = PREFIX + "*";

  private static final Logger LOG = LoggerFactory.getLogger(AdminApi.class);
  private static final int MAX_BODY = 1 << 20;

  private final Map<String, Function<JsonObject, Future<JsonObject>>> procedures = new HashMap<>();
  private final AdminGate gate;
  private final BooleanSupplier draining;

  AdminApi(AdminGate gate, BooleanSupplier draining) {
    this.gate = gate;
    this.draining = draining;
  }

  void add(String service, String procedure, Function<JsonObject, Future<JsonObject>> handler) {
    String path = PREFIX + service + "/" + procedure;
    if (procedures.put(path, handler) != null) {
      throw new IllegalStateException(path + ": added twice (expected: one handler)");
    }
  }

  @Override
  public void handle(RoutingContext context) {
    HttpServerRequest request = context.request();
    try {
      Function<JsonObject, Future<JsonObject>> procedure = admit(request);
      body(request)
          .map(AdminJson::parse)
          .compose(procedure)
          .onComplete(done -> reply(request, done.result(), done.cause()));
    } catch (RuntimeException e) {
      reply(request, null, e);
    }
  }

  /** Lets operators through to what follows, and nobody else. */
  void guard(RoutingContext context) {
    try {
      enter(context.request());
    } catch (RuntimeException e) {
      reply(context.request(), null, e);
      return;
    }
    context.next();
  }

  private void enter(HttpServerRequest request) {
    gate.check(request);
    if (draining.getAsBoolean()) {
      throw new AdminFailure(Code.UNAVAILABLE, "the kernel is stopping");
    }
  }

  private Function<JsonObject, Future<JsonObject>> admit(HttpServerRequest request) {
    enter(request);
    if (!request.method().equals(HttpMethod.POST)) {
      throw new HttpFailure(405, Code.UNIMPLEMENTED, request.method() + " (expected: POST)");
    }
    requireJson(request);
    Function<JsonObject, Future<JsonObject>> procedure = procedures.get(request.path());
    if (procedure == null) {
      throw new HttpFailure(404, Code.UNIMPLEMENTED, "no such procedure");
    }
    return procedure;
  }

  private static void requireJson(HttpServerRequest request) {
    List<String> types = request.headers().getAll("content-type");
    boolean json =
        types.size() == 1
            && types.get(0).split(";", 2)[0].strip().equalsIgnoreCase("application/json");
    if (!json) {
      throw new HttpFailure(
          415, Code.INVALID_ARGUMENT, "content-type: not JSON (expected: application/json)");
    }
    String encoding = request.getHeader("content-encoding");
    if (encoding != null && !encoding.toLowerCase(Locale.ROOT).equals("identity")) {
      throw new AdminFailure(
          Code.UNIMPLEMENTED, "content-encoding: compressed (expected: identity)");
    }
  }

  private static Future<Buffer> body(HttpServerRequest request) {
    Promise<Buffer> whole = Promise.promise();
    Buffer gathered = Buffer.buffer();
    request.handler(
        part -> {
          if (gathered.length() + part.length() <= MAX_BODY) {
            gathered.appendBuffer(part);
          } else {
            whole.tryFail(tooLarge());
          }
        });
    request.exceptionHandler(whole::tryFail);
    request.endHandler(end -> whole.tryComplete(gathered));
    return whole.future();
  }

  private static HttpFailure tooLarge() {
    return new HttpFailure(
        413,
        Code.RESOURCE_EXHAUSTED,
        "body: too large (expected: at most %d bytes)".formatted(MAX_BODY));
  }

  private static void reply(
      HttpServerRequest request, @Nullable JsonObject answer, @Nullable Throwable failure) {
    if (failure == null) {
      send(request.response(), 200, answer == null ? new JsonObject() : answer);
    } else {
      refuse(request, failure);
    }
  }

  private static void refuse(HttpServerRequest request, Throwable failure) {
    AdminFailure translated = translate(request, failure);
    int status =
        failure instanceof HttpFailure http ? http.status() : translated.code().httpStatus();
    HttpServerResponse response = request.response();
    if (status == 401) {
      response.putHeader("www-authenticate", "Bearer");
    }
    if (status == 405) {
      response.putHeader("allow", "POST");
    }
    send(
        response,
        status,
        new JsonObject()
            .put("code", translated.code().text())
            .put("message", String.valueOf(translated.getMessage())));
  }

  private static AdminFailure translate(HttpServerRequest request, Throwable failure) {
    if (failure instanceof AdminFailure expected) {
      return expected;
    }
    if (failure instanceof HttpFailure http) {
      return new AdminFailure(http.code(), String.valueOf(http.getMessage()));
    }
    if (failure instanceof Refused refused) {
      return new AdminFailure(codeOf(refused.reason()), String.valueOf(refused.getMessage()));
    }
    LOG.error("admin procedure failed path={}", request.path(), Untold.of(failure));
    return new AdminFailure(Code.INTERNAL, "internal error");
  }

  private static Code codeOf(Refused.Reason reason) {
    return switch (reason) {
      case CANCELLED -> Code.CANCELED;
      case INVALID -> Code.INVALID_ARGUMENT;
      case DEADLINE -> Code.DEADLINE_EXCEEDED;
      case NOT_FOUND -> Code.NOT_FOUND;
      case ALREADY_EXISTS -> Code.ALREADY_EXISTS;
      case DENIED -> Code.PERMISSION_DENIED;
      case OVERLOADED -> Code.RESOURCE_EXHAUSTED;
      case PRECONDITION -> Code.FAILED_PRECONDITION;
      case SUPERSEDED -> Code.ABORTED;
      case UNSUPPORTED -> Code.UNIMPLEMENTED;
      case INTERNAL -> Code.INTERNAL;
      case UNAVAILABLE -> Code.UNAVAILABLE;
      case UNAUTHENTICATED -> Code.UNAUTHENTICATED;
    };
  }

  private static void send(HttpServerResponse response, int status, JsonObject json) {
    if (response.closed() || response.ended()) {
      return;
    }
    response
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .putHeader("cache-control", "no-store")
        .putHeader("x-content-type-options", "nosniff")
        .end(json.toBuffer())
        .onFailure(e -> LOG.debug("admin reply not sent", e));
  }
}
