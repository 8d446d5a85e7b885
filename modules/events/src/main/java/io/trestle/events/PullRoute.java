package io.trestle.events;

import io.trestle.conversations.EventTokens;
import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.HttpSubscriptions;
import io.trestle.conversations.HttpSubscriptions.Ask;
import io.trestle.conversations.HttpSubscriptions.Leave;
import io.trestle.conversations.HttpSubscriptions.Named;
import io.trestle.conversations.HttpSubscriptions.Pull;
import io.trestle.conversations.HttpSubscriptions.Pulled;
import io.trestle.conversations.HttpSubscriptions.Put;
import io.trestle.conversations.HttpSubscriptions.Settle;
import io.trestle.conversations.HttpSubscriptions.Taken;
import io.trestle.events.HttpTalk.HttpProblem;
import io.trestle.events.PullJson.Told;
import io.trestle.events.core.CloudEventText;
import io.trestle.kernel.Ids;
import io.trestle.kernel.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /events/subscriptions}: consumers that fetch their events, for programs that have a token
 * of a service and an HTTP client. A translation into {@link HttpSubscriptions}. Nothing is ever
 * called from here, so nobody can make the runtime send requests.
 *
 * <p>Thread: the event loop of the connection.
 */
final class PullRoute {
  static final String PATH = "/events/subscriptions";
  static final int MAX_PULL = 100;

  /** The bus answers within 30 s. */
  static final int MAX_WAIT_MILLIS = 20_000;

  private static final Logger LOG = LoggerFactory.getLogger(PullRoute.class);
  private static final int DEFAULT_WAIT_MILLIS = 10_000;
  private static final int MAX_BODY = 256 << 10;

  /** Answers that may be on their way at a time, over all requests. */
  private static final long MAX_ANSWERS = 64L << 20;

  /** Bodies that may be in memory at a time, over all requests. */
  private static final long MAX_BODIES = 32L << 20;

  private static final int NAME_CHARS = 64;

  /** An answer may take this long until its last byte is on its way. */
  private static final long ANSWER_MILLIS = 30_000;

  private final Vertx vertx;
  private final Bus bus;
  private final Ids ids;
  private final Room answers = new Room(MAX_ANSWERS);
  private final Room bodies = new Room(MAX_BODIES);

  PullRoute(Vertx vertx, Bus bus, Ids ids) {
    this.vertx = vertx;
    this.bus = bus;
    this.ids = ids;
  }

  /** Something that a request asks for, in the name of a service. */
  private interface Action {
    Future<?> by(UUID service);
  }

  void handle(RoutingContext context) {
    HttpServerRequest request = context.request();
    request.pause();
    try {
      Action action = action(request, context.normalizedPath());
      byte[] digest = HttpTalk.digest(request);
      bus.request(EventTokens.CHECK, new EventTokens.Check(digest))
          .compose(who -> action.by(who.serviceId()))
          .onFailure(e -> HttpTalk.refuse(request, e));
    } catch (RuntimeException e) {
      HttpTalk.refuse(request, e);
    }
  }

  private Action action(HttpServerRequest request, String path) {
    String[] parts = path.substring(PATH.length()).split("/", -1);
    String method = request.method().name();
    if (parts.length == 1 || (parts.length == 2 && parts[1].isEmpty())) {
      require(request, method, "GET");
      return service -> list(request, service);
    }
    String name = name(parts[1]);
    if (parts.length == 2) {
      require(request, method, "GET", "PUT", "DELETE");
      return switch (method) {
        case "PUT" -> service -> put(request, service, name);
        case "DELETE" -> service -> delete(request, service, name);
        default -> service -> show(request, service, name);
      };
    }
    boolean pull = parts.length == 3 && parts[2].equals("pull");
    if (!pull && !(parts.length == 3 && parts[2].equals("ack"))) {
      throw new HttpProblem(404, "not found (expected: " + PATH + "/<name>, .../pull or .../ack)");
    }
    require(request, method, "POST");
    return pull
        ? service -> pull(request, service, name)
        : service -> settle(request, service, name);
  }

  private static void require(HttpServerRequest request, String method, String... allowed) {
    String all = String.join(", ", allowed);
    if (!List.of(allowed).contains(method)) {
      request.response().putHeader("allow", all);
      throw new HttpProblem(405, ConsumerDesk.clip(method) + " (expected: " + all + ")");
    }
  }

  private static String name(String name) {
    if (!name.matches("[a-z0-9_-]{1," + NAME_CHARS + "}")) {
      throw new HttpProblem(
          400,
          "name: "
              + ConsumerDesk.clip(name)
              + " (expected: 1 to "
              + NAME_CHARS
              + " lower-case letters, digits, - and _)");
    }
    return name;
  }

  /** What is announced costs nothing; what comes takes room as it comes. */
  private Future<byte[]> body(HttpServerRequest request, UUID service) {
    HttpTalk.requirePlain(request);
    HttpTalk.length(request, MAX_BODY);
    AtomicLong taken = new AtomicLong();
    return HttpTalk.body(
            vertx,
            request,
            MAX_BODY,
            bytes -> {
              boolean room = bodies.take(service, bytes);
              taken.addAndGet(room ? bytes : 0);
              return room;
            })
        .map(Buffer::getBytes)
        .onComplete(v -> bodies.give(service, taken.get()));
  }

  // ---- subscriptions

  private Future<?> put(HttpServerRequest request, UUID service, String name) {
    return body(request, service)
        .map(PullJson::definition)
        .compose(d -> bus.request(HttpSubscriptions.PUT, new Put(service, name, d)))
        .onSuccess(
            kept ->
                HttpTalk.send(
                    request, kept.created() ? 201 : 200, PullJson.shown(kept.subscription())));
  }

  private Future<?> show(HttpServerRequest request, UUID service, String name) {
    return bus.request(HttpSubscriptions.GET, new Ask(service, name))
        .onSuccess(all -> HttpTalk.send(request, 200, PullJson.shown(all.subscriptions().get(0))));
  }

  private Future<?> list(HttpServerRequest request, UUID service) {
    return bus.request(HttpSubscriptions.GET, new Ask(service, ""))
        .onSuccess(
            all -> {
              JsonArray shown = new JsonArray();
              all.subscriptions().forEach(s -> shown.add(PullJson.shown(s)));
              HttpTalk.send(request, 200, new JsonObject().put("subscriptions", shown));
            });
  }

  private Future<?> delete(HttpServerRequest request, UUID service, String name) {
    return bus.request(HttpSubscriptions.DELETE, new Named(service, name))
        .onSuccess(v -> HttpTalk.send(request, 204, "", Buffer.buffer()));
  }

  // ---- fetching

  private Future<?> pull(HttpServerRequest request, UUID service, String name) {
    int max = parameter(request, "max", 1, 1, MAX_PULL);
    int wait = parameter(request, "waitMs", DEFAULT_WAIT_MILLIS, 0, MAX_WAIT_MILLIS);
    requireParameters(request, Set.of("max", "waitMs"));
    UUID poll = ids.next();
    return body(request, service)
        .compose(
            ignored -> {
              HttpServerResponse response = request.response();
              if (response.closed()) {
                return Future.succeededFuture(new Pulled(List.of()));
              }
              response.closeHandler(v -> leave(service, name, poll));
              return bus.request(HttpSubscriptions.PULL, new Pull(poll, service, name, max, wait));
            })
        .compose(pulled -> stillAllowed(request, service, name, pulled))
        .onSuccess(pulled -> sendAnswer(request, service, name, max, pulled.deliveries()));
  }

  /** The token may have been revoked while the request waited: then nothing goes out. */
  private Future<Pulled> stillAllowed(
      HttpServerRequest request, UUID service, String name, Pulled pulled) {
    if (pulled.deliveries().isEmpty()) {
      return Future.succeededFuture(pulled);
    }
    byte[] digest = HttpTalk.digest(request);
    return bus.request(EventTokens.CHECK, new EventTokens.Check(digest))
        .map(pulled)
        .onFailure(e -> unsent(service, name, pulled.deliveries()));
  }

  private void leave(UUID service, String name, UUID poll) {
    bus.request(HttpSubscriptions.LEAVE, new Leave(service, name, poll))
        .onFailure(e -> LOG.debug("poll not ended reason={}", e.toString()));
  }

  private void sendAnswer(
      HttpServerRequest request, UUID service, String name, int max, List<Taken> deliveries) {
    try {
      answer(request, service, name, max, deliveries);
    } catch (RuntimeException e) {
      unsent(service, name, deliveries);
      HttpTalk.refuse(request, e);
    }
  }

  private void answer(
      HttpServerRequest request, UUID service, String name, int max, List<Taken> deliveries) {
    HttpServerResponse response = request.response();
    response.closeHandler(null);
    long bytes = deliveries.stream().mapToLong(d -> d.event().payload().length).sum();
    if (response.closed() || !answers.take(service, bytes)) {
      unsent(service, name, deliveries);
      HttpTalk.send(
          request, 503, new JsonObject().put("message", "too many answers are being sent"));
      return;
    }
    Future<Void> sent;
    try {
      sent = write(request, max, deliveries.stream().map(PullRoute::event).toList());
    } catch (RuntimeException e) {
      answers.give(service, bytes);
      throw e;
    }
    long timer = vertx.setTimer(ANSWER_MILLIS, id -> HttpTalk.cut(request));
    sent.onComplete(
        v -> {
          vertx.cancelTimer(timer);
          answers.give(service, bytes);
        });
  }

  private static CloudEventText event(Taken taken) {
    return CloudEventText.of(
        taken.event(),
        taken.publisher(),
        PullJson.token(taken.delivery(), taken.token()),
        taken.attempt());
  }

  private static Future<Void> write(
      HttpServerRequest request, int max, List<CloudEventText> events) {
    if (events.isEmpty()) {
      return HttpTalk.send(request, 204, "", Buffer.buffer());
    }
    String accept =
        Objects.requireNonNullElse(request.getHeader("accept"), "").toLowerCase(Locale.ROOT);
    if (max > 1 || accept.contains(CloudEventsRoute.BATCH)) {
      return HttpTalk.send(
          request, 200, CloudEventsRoute.BATCH, Buffer.buffer(CloudEventText.batch(events)));
    }
    CloudEventText only = events.get(0);
    if (accept.contains(CloudEventsRoute.STRUCTURED)) {
      return HttpTalk.send(
          request, 200, CloudEventsRoute.STRUCTURED, Buffer.buffer(only.structured()));
    }
    only.headers().forEach((header, value) -> request.response().putHeader(header, value));
    return HttpTalk.send(request, 200, only.contentType(), Buffer.buffer(only.data()));
  }

  private void unsent(UUID service, String name, List<Taken> deliveries) {
    List<Answer> back = new ArrayList<>();
    deliveries.forEach(d -> back.add(new Events.Ack(d.delivery(), d.token())));
    bus.request(HttpSubscriptions.UNSENT, new Settle(service, name, back))
        .onFailure(e -> LOG.debug("deliveries not given back reason={}", e.toString()));
  }

  // ---- answers of consumers

  private Future<?> settle(HttpServerRequest request, UUID service, String name) {
    return body(request, service)
        .map(PullJson::answers)
        .compose(
            told ->
                bus.request(
                        HttpSubscriptions.SETTLE,
                        new Settle(service, name, told.stream().map(Told::answer).toList()))
                    .onSuccess(done -> HttpTalk.send(request, 200, results(told, done.counted()))));
  }

  private static JsonObject results(List<Told> told, List<Boolean> counted) {
    JsonArray results = new JsonArray();
    for (int i = 0; i < told.size(); i++) {
      results.add(
          new JsonObject()
              .put("token", told.get(i).token())
              .put("status", counted.get(i) ? "done" : "unknown"));
    }
    return new JsonObject().put("results", results);
  }

  // ---- parameters

  private static void requireParameters(HttpServerRequest request, Set<String> known) {
    MultiMap given = request.params();
    for (String name : given.names()) {
      if (!known.contains(name)) {
        throw new HttpProblem(
            400,
            ConsumerDesk.clip(name)
                + ": unknown (expected: "
                + String.join(", ", known.stream().sorted().toList())
                + ")");
      }
    }
  }

  private static int parameter(
      HttpServerRequest request, String name, int absent, int least, int most) {
    String text = request.getParam(name);
    if (text == null) {
      return absent;
    }
    boolean number = text.matches("[0-9]{1,6}");
    if (!number || Integer.parseInt(text) < least || Integer.parseInt(text) > most) {
      throw new HttpProblem(
          400,
          name + ": " + ConsumerDesk.clip(text) + " (expected: " + least + " to " + most + ")");
    }
    return Integer.parseInt(text);
  }
}
