package io.trestle.traces;

import io.trestle.conversations.Refused;
import io.trestle.conversations.TraceStreams;
import io.trestle.conversations.TraceStreams.Watch;
import io.trestle.kernel.ModuleContext;
import io.trestle.protocol.UuidText;
import io.trestle.traces.core.ChunkRules;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/trace-streams/{traceId}?key=&from=}: a watch as server-sent events, whose ids are
 * sequences, so that a browser resumes by itself. For operators only; the house sees to that.
 */
final class SseRoute {
  private static final String PREFIX = "/api/trace-streams/";

  /** In whose name operators watch; no certificate ever has it. */
  private static final UUID OPERATOR = new UUID(0x7000L, 0x8000_0000_0000_0003L);

  private final ModuleContext house;

  private SseRoute(ModuleContext house) {
    this.house = house;
  }

  /** The router below {@code /api/trace-streams}. */
  static Router router(ModuleContext house) {
    SseRoute route = new SseRoute(house);
    Router router = Router.router(house.vertx());
    router.route().handler(route::handle);
    return router;
  }

  private void handle(RoutingContext context) {
    if (!context.request().method().equals(HttpMethod.GET)) {
      context.response().putHeader("allow", "GET");
      refuse(context.response(), 405, "method: (expected: GET)");
      return;
    }
    String path = context.normalizedPath();
    String id = path.startsWith(PREFIX) ? path.substring(PREFIX.length()) : "";
    UUID trace = UuidText.parse(id).map(UUID::fromString).orElse(null);
    String key = text(context, "key");
    long after = after(context);
    if (trace == null) {
      refuse(context.response(), 404, "trace: (expected: a UUID)");
    } else if (after < 0 || (!key.isEmpty() && ChunkRules.keyProblem(key) != null)) {
      refuse(context.response(), 400, "key, from: (expected: a key, a number from 0 up)");
    } else {
      watch(context, trace, key, after);
    }
  }

  private void watch(RoutingContext context, UUID trace, String key, long after) {
    SseWatch watch = new SseWatch(house, context.response());
    watch.listen();
    house
        .bus()
        .request(TraceStreams.WATCH, new Watch(watch.key(), OPERATOR, trace, key, after))
        .onSuccess(v -> watch.begin())
        .onFailure(
            e -> {
              watch.gone();
              boolean full =
                  e instanceof Refused refused && refused.reason() == Refused.Reason.OVERLOADED;
              context.response().putHeader("retry-after", "1");
              refuse(context.response(), full ? 429 : 503, String.valueOf(e.getMessage()));
            });
  }

  private static String text(RoutingContext context, String name) {
    String value = context.request().getParam(name);
    return value == null ? "" : value;
  }

  /**
   * What was seen last, by the browser, else before the first that is asked for; -1 for neither.
   */
  private static long after(RoutingContext context) {
    String last = context.request().getHeader("last-event-id");
    if (last != null && !last.isEmpty()) {
      return number(last);
    }
    String from = text(context, "from");
    if (from.isEmpty()) {
      return 0;
    }
    long first = number(from);
    return first > 0 ? first - 1 : first;
  }

  private static long number(@Nullable String text) {
    return text != null && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
  }

  private static void refuse(HttpServerResponse response, int status, String message) {
    if (!response.ended() && !response.closed()) {
      response
          .setStatusCode(status)
          .putHeader("content-type", "application/json")
          .putHeader("cache-control", "no-store")
          .end(new JsonObject().put("message", message).toBuffer())
          .onFailure(e -> {}); // nobody is there
    }
  }
}
