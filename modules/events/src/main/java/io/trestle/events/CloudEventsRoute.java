package io.trestle.events;

import com.fasterxml.jackson.databind.JsonNode;
import io.trestle.conversations.EventTokens;
import io.trestle.conversations.EventTokens.Scope;
import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Result;
import io.trestle.events.HttpTalk.HttpProblem;
import io.trestle.events.core.CloudEvent;
import io.trestle.events.core.CloudEvent.Malformed;
import io.trestle.events.core.Verdict.Status;
import io.trestle.kernel.Ids;
import io.trestle.kernel.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /events}: CloudEvents 1.0 over HTTP in structured, binary and batch mode, for
 * programs that have a token of a service. A translation into {@link Events#PUBLISH}: what is
 * checked, stored and answered there is the same for every way in. A request may always be
 * repeated, since source and id of a CloudEvent are its idempotency key. Neither headers nor bodies
 * are logged.
 */
final class CloudEventsRoute {
  static final int MAX_BODY = 8 << 20;
  static final int MAX_EVENTS = 1_000;

  /** Bodies that may be in memory at a time, over all requests. */
  private static final long MAX_BODIES = 64L << 20;

  /** A body may take this long: 280 KiB/s for the largest. */
  private static final long BODY_MILLIS = 30_000;

  private static final Set<String> PATHS = Set.of("/events", "/events/");
  static final String STRUCTURED = "application/cloudevents+json";
  static final String BATCH = "application/cloudevents-batch+json";

  private final Bus bus;
  private final Ids ids;
  private final Bodies bodies;

  CloudEventsRoute(Vertx vertx, Bus bus, Ids ids) {
    this(bus, ids, new Bodies(vertx, new Room(MAX_BODIES), MAX_BODY, BODY_MILLIS));
  }

  CloudEventsRoute(Bus bus, Ids ids, Bodies bodies) {
    this.bus = bus;
    this.ids = ids;
    this.bodies = bodies;
  }

  /**
   * One event of a request.
   *
   * @param event null when it is refused already
   */
  private record Item(String id, @Nullable Event event, String problem) {}

  private record Outcome(String id, String eventId, int status, String message) {}

  private enum Mode {
    STRUCTURED,
    BINARY,
    BATCH
  }

  // ---- a request

  void handle(RoutingContext context) {
    HttpServerRequest request = context.request();
    request.pause();
    try {
      if (!PATHS.contains(context.normalizedPath())) {
        throw new HttpProblem(404, "not found (expected: POST /events)");
      }
      if (!request.method().equals(HttpMethod.POST)) {
        throw new HttpProblem(405, request.method() + " (expected: POST)");
      }
      byte[] digest = HttpTalk.digest(request);
      Mode mode = mode(request);
      bodies.requireLength(request);
      bus.request(EventTokens.CHECK, new EventTokens.Check(digest, Scope.PUBLISH))
          .compose(who -> publish(request, mode, who.serviceId()))
          .onFailure(e -> HttpTalk.refuse(request, e));
    } catch (RuntimeException e) {
      HttpTalk.refuse(request, e);
    }
  }

  private static Mode mode(HttpServerRequest request) {
    HttpTalk.requirePlain(request);
    String media = HttpTalk.media(request.getHeader("content-type"));
    if (media.equals(STRUCTURED)) {
      return Mode.STRUCTURED;
    }
    if (media.equals(BATCH)) {
      return Mode.BATCH;
    }
    if (!media.startsWith("application/cloudevents")
        && request.headers().contains("ce-specversion")) {
      return Mode.BINARY;
    }
    throw new HttpProblem(
        415,
        "content-type: no CloudEvent (expected: "
            + STRUCTURED
            + ", "
            + BATCH
            + ", or ce- headers beside another type)");
  }

  private Future<List<Outcome>> publish(HttpServerRequest request, Mode mode, UUID service) {
    return bodies
        .read(request, service, body -> publish(items(request, mode, body.getBytes()), service))
        .onSuccess(outcomes -> answer(request, mode, outcomes));
  }

  // ---- events

  private List<Item> items(HttpServerRequest request, Mode mode, byte[] body) {
    if (mode == Mode.STRUCTURED) {
      return List.of(item(CloudEvent.structured(body)));
    }
    if (mode == Mode.BINARY) {
      return List.of(item(CloudEvent.binary(headers(request), body)));
    }
    List<JsonNode> all = CloudEvent.batch(body);
    if (all.size() > MAX_EVENTS) {
      throw new HttpProblem(
          413, "events: " + all.size() + " (expected: at most " + MAX_EVENTS + ")");
    }
    List<Item> items = new ArrayList<>(all.size());
    for (JsonNode json : all) {
      try {
        items.add(item(CloudEvent.structured(json)));
      } catch (Malformed e) {
        items.add(new Item(json.path("id").asText(), null, String.valueOf(e.getMessage())));
      }
    }
    return items;
  }

  private static Map<String, String> headers(HttpServerRequest request) {
    Map<String, String> headers = new HashMap<>();
    request.headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
    return headers;
  }

  private Item item(CloudEvent given) {
    try {
      return new Item(given.id(), given.event(ids.next().toString()), "");
    } catch (Malformed e) {
      return new Item(given.id(), null, String.valueOf(e.getMessage()));
    }
  }

  private Future<List<Outcome>> publish(List<Item> items, UUID service) {
    List<Event> events = items.stream().map(Item::event).filter(Objects::nonNull).toList();
    Future<List<Result>> results =
        events.isEmpty()
            ? Future.succeededFuture(List.of())
            : bus.request(
                    Events.PUBLISH, new Events.Publish(service, EventTokens.PUBLISHER, events))
                .map(Events.Published::results);
    return results.map(published -> outcomes(items, published));
  }

  private static List<Outcome> outcomes(List<Item> items, List<Result> results) {
    List<Outcome> outcomes = new ArrayList<>(items.size());
    int next = 0;
    for (Item item : items) {
      if (item.event() == null) {
        outcomes.add(new Outcome(item.id(), "", Status.INVALID_NAME.number(), item.problem()));
      } else {
        Result result = results.get(next++);
        outcomes.add(new Outcome(item.id(), result.eventId(), result.status(), result.message()));
      }
    }
    return outcomes;
  }

  // ---- answers

  private static void answer(HttpServerRequest request, Mode mode, List<Outcome> outcomes) {
    if (mode == Mode.BATCH) {
      JsonArray results = new JsonArray();
      outcomes.forEach(outcome -> results.add(json(outcome)));
      HttpTalk.send(request, batchStatus(outcomes), new JsonObject().put("results", results));
    } else {
      HttpTalk.send(request, httpStatus(outcomes.get(0)), json(outcomes.get(0)));
    }
  }

  /** 202 when all are stored; 503 when the same request should be sent again; else 207. */
  private static int batchStatus(List<Outcome> outcomes) {
    if (outcomes.stream().anyMatch(o -> o.status() == Status.UNDECIDED.number())) {
      return 503;
    }
    return outcomes.stream().allMatch(CloudEventsRoute::isStored) ? 202 : 207;
  }

  private static boolean isStored(Outcome outcome) {
    return outcome.status() == Status.ACCEPTED.number()
        || outcome.status() == Status.DUPLICATE.number();
  }

  private static JsonObject json(Outcome outcome) {
    JsonObject json = new JsonObject().put("id", outcome.id()).put("status", word(outcome));
    return isStored(outcome)
        ? json.put("eventId", outcome.eventId())
        : json.put("message", outcome.message());
  }

  private static int httpStatus(Outcome outcome) {
    return switch (word(outcome)) {
      case "accepted" -> 202;
      case "duplicate" -> 200;
      case "denied" -> 403;
      case "conflict" -> 409;
      case "undecided" -> 503;
      default -> 400;
    };
  }

  private static String word(Outcome outcome) {
    for (Status status : Status.values()) {
      if (status.number() == outcome.status()) {
        return switch (status) {
          case ACCEPTED -> "accepted";
          case DUPLICATE -> "duplicate";
          case FORBIDDEN -> outcome.message().startsWith("access denied") ? "denied" : "invalid";
          case CONFLICT -> "conflict";
          case INVALID_NAME -> "invalid";
          case UNDECIDED -> "undecided";
        };
      }
    }
    return "undecided";
  }
}
