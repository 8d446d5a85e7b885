package io.trestle.events;

import io.trestle.conversations.EventTokens;
import io.trestle.conversations.EventTokens.Checked;
import io.trestle.conversations.EventTokens.Scope;
import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Answer;
import io.trestle.conversations.HttpSubscriptions;
import io.trestle.conversations.HttpSubscriptions.Ask;
import io.trestle.conversations.HttpSubscriptions.Leave;
import io.trestle.conversations.HttpSubscriptions.Named;
import io.trestle.conversations.HttpSubscriptions.Pull;
import io.trestle.conversations.HttpSubscriptions.Put;
import io.trestle.conversations.HttpSubscriptions.Settle;
import io.trestle.conversations.HttpSubscriptions.Settled;
import io.trestle.conversations.HttpSubscriptions.Taken;
import io.trestle.events.HttpTalk.HttpProblem;
import io.trestle.events.PullJson.Told;
import io.trestle.events.core.CloudEventText;
import io.trestle.kernel.Ids;
import io.trestle.kernel.bus.Bus;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
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

  private static final long BODY_MILLIS = 10_000;

  private static final int NAME_CHARS = 64;

  /** An answer may take this long until its last byte is on its way. */
  private static final long ANSWER_MILLIS = 30_000;

  private final Vertx vertx;
  private final Bus bus;
  private final Ids ids;
  private final Room answers = new Room(MAX_ANSWERS);
  private final Bodies bodies;
  private final long answerMillis;

  /** Requests that wait for events or are being answered. */
  private final Set<Future<?>> waiting = ConcurrentHashMap.newKeySet();

  PullRoute(Vertx vertx, Bus bus, Ids ids) {
    this(
        vertx,
        bus,
        ids,
        new Bodies(vertx, new Room(MAX_BODIES), MAX_BODY, BODY_MILLIS),
        ANSWER_MILLIS);
  }

  PullRoute(Vertx vertx, Bus bus, Ids ids, Bodies bodies, long answerMillis) {
    this.vertx = vertx;
    this.bus = bus;
    this.ids = ids;
    this.bodies = bodies;
    this.answerMillis = answerMillis;
  }

  /** Something that a request asks for, in the name of a service. */
  private interface Action {
    Future<?> by(Checked who);
  }

  /** Completes when the answer to every request that waited has begun; never fails. */
  Future<Void> answered() {
    return Future.join(List.copyOf(waiting)).<Void>mapEmpty().otherwiseEmpty();
  }

  void handle(RoutingContext context) {
    HttpServerRequest request = context.request();
    request.pause();
    try {
      Action action = action(request, context.normalizedPath());
      byte[] digest = HttpTalk.digest(request);
      bus.request(EventTokens.CHECK, new EventTokens.Check(digest, Scope.SUBSCRIBE))
          .compose(action::by)
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
      return who -> list(request, who.serviceId());
    }
    String name = name(parts[1]);
    if (parts.length == 2) {
      require(request, method, "GET", "PUT", "DELETE");
      return switch (method) {
        case "PUT" -> who -> put(request, who.serviceId(), name);
        case "DELETE" -> who -> delete(request, who.serviceId(), name);
        default -> who -> show(request, who.serviceId(), name);
      };
    }
    boolean pull = parts.length == 3 && parts[2].equals("pull");
    if (!pull && !(parts.length == 3 && parts[2].equals("ack"))) {
      throw new HttpProblem(404, "not found (expected: " + PATH + "/<name>, .../pull or .../ack)");
    }
    require(request, method, "POST");
    return pull ? who -> pull(request, who, name) : who -> settle(request, who.serviceId(), name);
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

  private <T> Future<T> body(
      HttpServerRequest request, UUID service, Function<byte[], Future<T>> work) {
    HttpTalk.requirePlain(request);
    bodies.requireLength(request);
    return bodies.read(request, service, body -> work.apply(body.getBytes()));
  }

  // ---- subscriptions

  private Future<?> put(HttpServerRequest request, UUID service, String name) {
    return body(
            request,
            service,
            body ->
                bus.request(
                    HttpSubscriptions.PUT, new Put(service, name, PullJson.definition(body))))
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

  private Future<?> pull(HttpServerRequest request, Checked who, String name) {
    int max = parameter(request, "max", 1, 1, MAX_PULL);
    int wait = parameter(request, "waitMs", DEFAULT_WAIT_MILLIS, 0, MAX_WAIT_MILLIS);
    requireParameters(request, Set.of("max", "waitMs"));
    Pull pull = new Pull(ids.next(), who.tokenId(), who.serviceId(), name, max, wait);
    return body(request, who.serviceId(), ignored -> Future.succeededFuture())
        .compose(v -> fetch(request, pull));
  }

  private Future<Void> fetch(HttpServerRequest request, Pull pull) {
    HttpServerResponse response = request.response();
    if (response.closed()) {
      return Future.succeededFuture();
    }
    response.closeHandler(v -> leave(pull.serviceId(), pull.name(), pull.poll()));
    Promise<Void> answered = Promise.promise();
    waiting.add(answered.future());
    return bus.request(HttpSubscriptions.PULL, pull)
        .onSuccess(pulled -> sendAnswer(request, pull, pulled.deliveries()))
        .<Void>mapEmpty()
        .recover(
            e -> {
              HttpTalk.refuse(request, e);
              return Future.succeededFuture();
            })
        .onComplete(
            v -> {
              waiting.remove(answered.future());
              answered.complete();
            });
  }

  private void leave(UUID service, String name, UUID poll) {
    bus.request(HttpSubscriptions.LEAVE, new Leave(service, name, poll))
        .onFailure(e -> LOG.debug("poll not ended reason={}", e.toString()));
  }

  private void sendAnswer(HttpServerRequest request, Pull pull, List<Taken> deliveries) {
    try {
      answer(request, pull, deliveries);
    } catch (RuntimeException e) {
      unsent(pull, deliveries);
      HttpTalk.refuse(request, e);
    }
  }

  private void answer(HttpServerRequest request, Pull pull, List<Taken> deliveries) {
    HttpServerResponse response = request.response();
    response.closeHandler(null);
    long bytes = deliveries.stream().mapToLong(d -> d.event().payload().length).sum();
    if (response.closed() || !answers.take(pull.serviceId(), bytes)) {
      unsent(pull, deliveries);
      HttpTalk.send(
          request, 503, new JsonObject().put("message", "too many answers are being sent"));
      return;
    }
    Future<Void> sent;
    try {
      sent = write(request, pull.max(), deliveries.stream().map(PullRoute::event).toList());
    } catch (RuntimeException e) {
      answers.give(pull.serviceId(), bytes);
      throw e;
    }
    long timer = vertx.setTimer(answerMillis, id -> HttpTalk.cut(request));
    sent.onComplete(
        v -> {
          vertx.cancelTimer(timer);
          answers.give(pull.serviceId(), bytes);
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

  private void unsent(Pull pull, List<Taken> deliveries) {
    List<Answer> back = new ArrayList<>();
    deliveries.forEach(d -> back.add(new Events.Ack(d.delivery(), d.token())));
    bus.request(HttpSubscriptions.UNSENT, new Settle(pull.serviceId(), pull.name(), back))
        .onFailure(e -> LOG.debug("deliveries not given back reason={}", e.toString()));
  }

  // ---- answers of consumers

  private Future<?> settle(HttpServerRequest request, UUID service, String name) {
    return body(request, service, body -> settle(request, service, name, PullJson.answers(body)));
  }

  private Future<Settled> settle(
      HttpServerRequest request, UUID service, String name, List<Told> told) {
    List<Answer> answers = told.stream().map(Told::answer).toList();
    return bus.request(HttpSubscriptions.SETTLE, new Settle(service, name, answers))
        .onSuccess(done -> HttpTalk.send(request, 200, results(told, done.counted())));
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
