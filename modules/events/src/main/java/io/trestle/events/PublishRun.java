package io.trestle.events;

import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Publish;
import io.trestle.conversations.Events.Result;
import io.trestle.events.LogStore.KeyUse;
import io.trestle.events.LogStore.Known;
import io.trestle.events.core.Content;
import io.trestle.events.core.EnvelopeCheck;
import io.trestle.events.core.FanOut;
import io.trestle.events.core.FanOut.Target;
import io.trestle.events.core.Verdict;
import io.trestle.events.core.Verdict.Status;
import io.trestle.kernel.pipeline.Write;
import io.trestle.kernel.pipeline.WriteFailure;
import io.trestle.protocol.TraceContext;
import io.trestle.protocol.policy.ServicePolicy;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One publish request on its way through the desk. Events are judged in the order of the request,
 * each against what is stored and against those before it. Pieces are written one after the other,
 * and none after one that failed: so once an event of a lane is undecided, the later ones of that
 * lane are too (events.md 2.5.9).
 */
final class PublishRun {
  private static final long PATIENCE_MILLIS = 1_000;
  private static final Duration WRITE_WITHIN = Duration.ofSeconds(5);

  /** Clients give up after 10 s and send everything again (events.md 2.1.6). */
  private static final long ANSWER_WITHIN_MILLIS = 7_000;

  private static final long CHUNK_BYTES = 8 << 20;
  private static final int ROUNDS = 3;
  private static final Known NOTHING_KNOWN = new Known(Map.of(), Map.of(), Map.of());

  private final PublishDesk desk;
  private final EventsHouse house;
  private final Publish request;
  private final List<Event> events;
  private final @Nullable Result[] results;
  private final @Nullable UUID[] ids;
  private final Promise<Void> end = Promise.promise();
  private final Map<UUID, Integer> firstOfId = new HashMap<>();
  private final Map<String, Integer> firstOfKey = new HashMap<>();
  private final long begunAt;
  private boolean late;

  PublishRun(PublishDesk desk, EventsHouse house, Publish request) {
    this.desk = desk;
    this.house = house;
    this.request = request;
    this.events = request.events();
    this.results = new Result[events.size()];
    this.ids = new UUID[events.size()];
    this.begunAt = house.now();
  }

  /** One result for each event, in order. Never fails. */
  Future<List<Result>> run() {
    check();
    Promise<Void> over = Promise.promise();
    Future<Void> work = turn();
    long timer = work.isComplete() ? -1 : house.after(ANSWER_WITHIN_MILLIS, () -> giveUp(over));
    work.onComplete(
        done -> {
          house.cancel(timer);
          end.tryComplete();
          if (done.failed()) {
            undecided(String.valueOf(done.cause().getMessage()));
          }
          over.tryComplete();
        });
    return over.future().map(v -> answers());
  }

  /**
   * What is undecided by now is answered as that. What is on its way to the database goes on, and
   * keeps its ids and keys meanwhile; nothing more is begun.
   */
  private void giveUp(Promise<Void> over) {
    late = true;
    undecided("the database takes too long");
    over.tryComplete();
  }

  private void check() {
    ServicePolicy policy = house.gates().policy(request.serviceId());
    String name = house.gates().name(request.serviceId());
    int limit = house.maxEventBytes();
    for (int i = 0; i < results.length; i++) {
      Event event = events.get(i);
      Verdict refused = EnvelopeCheck.refusal(event, limit, policy, name);
      if (refused == null) {
        ids[i] = UUID.fromString(event.id());
      } else {
        results[i] = result(event.id(), refused);
      }
    }
  }

  /** Waits until nobody else has our ids and keys, then claims them. */
  private Future<Void> turn() {
    List<Object> claims = claims();
    List<Future<Void>> others = new ArrayList<>();
    for (Object claim : claims) {
      Future<Void> other = desk.underWay().get(claim);
      if (other != null) {
        others.add(other);
      }
    }
    if (others.isEmpty()) {
      desk.claim(claims, end);
      return lookUp();
    }
    long left = PATIENCE_MILLIS - (house.now() - begunAt);
    if (left <= 0) {
      return Future.failedFuture("another request has the same id or key");
    }
    return Future.join(others)
        .timeout(left, TimeUnit.MILLISECONDS)
        .transform(
            v ->
                v.failed() && others.stream().anyMatch(o -> !o.isComplete())
                    ? Future.failedFuture("another request has the same id or key")
                    : turn());
  }

  private List<Object> claims() {
    List<Object> claims = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      UUID id = ids[i];
      if (id != null) {
        claims.add(id);
        String key = events.get(i).idempotencyKey();
        if (!key.isEmpty()) {
          claims.add(new PublishDesk.KeyRef(request.serviceId(), key));
        }
      }
    }
    return claims;
  }

  private Future<Void> lookUp() {
    List<Integer> wanted = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      UUID id = ids[i];
      String key = events.get(i).idempotencyKey();
      if (id != null && results[i] == null && (!key.isEmpty() || desk.maybeUsed(id))) {
        wanted.add(i);
      }
    }
    return wanted.isEmpty()
        ? settle(NOTHING_KNOWN, 1)
        : find(wanted).compose(known -> settle(known, 1));
  }

  /** A database that hangs must not keep ids and keys claimed for ever. */
  private Future<Known> find(List<Integer> wanted) {
    List<UUID> wantedIds = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    for (int i : wanted) {
      wantedIds.add(Objects.requireNonNull(ids[i]));
      String key = events.get(i).idempotencyKey();
      if (!key.isEmpty()) {
        keys.add(key);
      }
    }
    return house
        .log()
        .find(request.serviceId(), wantedIds, keys, house.now())
        .timeout(WRITE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
  }

  // ---- verdicts

  private Future<Void> settle(Known known, int round) {
    List<Integer> fresh = new ArrayList<>();
    for (int i = 0; i < results.length; i++) {
      if (results[i] == null && ids[i] != null && judge(i, known)) {
        fresh.add(i);
      }
    }
    return fresh.isEmpty() ? Future.succeededFuture() : append(fresh, 0, round);
  }

  /** Decides on an event; true when it is fresh. */
  private boolean judge(int i, Known known) {
    return !isStored(i, known) && firstInRequest(i, Objects.requireNonNull(ids[i]), events.get(i));
  }

  /** Decides on an event whose id or key is stored; false when neither is. */
  private boolean isStored(int i, Known known) {
    Event event = events.get(i);
    UUID id = Objects.requireNonNull(ids[i]);
    Logged stored = known.events().get(id);
    if (stored != null) {
      results[i] = sameId(event, stored, known.answers().containsKey(id));
      return true;
    }
    KeyUse used =
        event.idempotencyKey().isEmpty() ? null : known.keys().get(event.idempotencyKey());
    if (used != null && used.expiresAt() > house.now()) {
      results[i] = sameKey(event, id, used, known.answers().containsKey(id));
      return true;
    }
    return false;
  }

  /** Repeats inside the request are answered against the first of them, when that is decided. */
  private boolean firstInRequest(int i, UUID id, Event event) {
    Integer first = firstOfId.putIfAbsent(id, i);
    if (first == null && !event.idempotencyKey().isEmpty()) {
      first = firstOfKey.putIfAbsent(event.idempotencyKey(), i);
    }
    return first == null || first == i;
  }

  private Result sameId(Event event, Logged stored, boolean answered) {
    if (!stored.publisherService().equals(request.serviceId())) {
      return conflict(event, event.id(), "id in use", answered);
    }
    return content(event).same(content(stored.event()))
        ? new Result(event.id(), Status.DUPLICATE.number(), "already stored")
        : conflict(event, event.id(), "the id was used for another event", answered);
  }

  private Result sameKey(Event event, UUID id, KeyUse used, boolean answered) {
    String first = used.eventId().toString();
    if (!content(event).same(used.content())) {
      return conflict(event, first, "the idempotency key was used for another event", answered);
    }
    if (answered || used.eventId().equals(id)) {
      return new Result(event.id(), Status.DUPLICATE.number(), "already stored");
    }
    remember(id, Status.DUPLICATE);
    return new Result(first, Status.DUPLICATE.number(), "already stored");
  }

  /** Who sends it again did not understand the first answer (events.md 2.3). */
  private Result conflict(Event event, String storedId, String why, boolean answered) {
    if (answered) {
      return new Result(event.id(), Status.FORBIDDEN.number(), "conflict: " + why);
    }
    remember(UUID.fromString(event.id()), Status.CONFLICT);
    return new Result(storedId, Status.CONFLICT.number(), why);
  }

  private void remember(UUID id, Status status) {
    desk.used(id);
    house.keepAnswer(request.serviceId(), id, status.number());
  }

  static Content content(Event event) {
    return Content.of(
        event.name(),
        event.partitionKey(),
        event.contractHash(),
        event.payload(),
        event.payloadJson());
  }

  // ---- writing

  /** Writes what is fresh in pieces that fit the pipeline, one after the other. */
  private Future<Void> append(List<Integer> fresh, int from, int round) {
    if (from >= fresh.size()) {
      return repeats(fresh);
    }
    List<Integer> piece = new ArrayList<>();
    long bytes = 0;
    int next = from;
    while (next < fresh.size() && (piece.isEmpty() || bytes < CHUNK_BYTES)) {
      int i = fresh.get(next++);
      piece.add(i);
      bytes += events.get(i).payload().length + events.get(i).payloadJson().length;
    }
    int rest = next;
    return write(piece, round).compose(v -> append(fresh, rest, round));
  }

  private Future<Void> write(List<Integer> piece, int round) {
    if (late) {
      return Future.failedFuture("answered already");
    }
    List<Arrival> arrivals = new ArrayList<>(piece.size());
    long now = house.now();
    for (int i : piece) {
      arrivals.add(arrival(i, now));
    }
    Write unit = unit(piece, arrivals, now);
    CommitOrder.Write order = house.order().begin(arrivals);
    arrivals.forEach(a -> desk.used(a.event().id()));
    return house
        .pipeline()
        .submit(unit)
        .transform(
            done -> {
              if (done.succeeded()) {
                order.committed();
                piece.forEach(this::accepted);
                return Future.succeededFuture();
              }
              return failed(piece, arrivals, order, done.cause(), round);
            });
  }

  private void accepted(int i) {
    Event event = events.get(i);
    results[i] = result(event.id(), Verdict.ACCEPTED);
    if (house.gates().lacks(request.instanceId(), event.name())) {
      house.metrics().undeclared();
    }
  }

  private Arrival arrival(int i, long now) {
    UUID id = Objects.requireNonNull(ids[i]);
    Event event = stamped(events.get(i), id, now);
    List<Target> targets = house.fanOut().targets(request.serviceId(), event);
    int[] matched = FanOut.numbers(targets);
    Logged logged =
        new Logged(
            desk.nextPosition(),
            id,
            request.serviceId(),
            request.instanceId(),
            event,
            matched,
            now);
    return new Arrival(logged, targets);
  }

  /**
   * With a time and with a trace. The root of an event that comes without one is made here and
   * stored, so that every consumer, retry and replay is part of one trace (events.md 2.2).
   */
  private static Event stamped(Event e, UUID id, long now) {
    boolean traced = TraceContext.traceIdOf(e.trace()).isPresent();
    return e.occurredAtMillis() != 0 && traced
        ? e
        : new Event(
            e.id(),
            e.name(),
            e.payload(),
            e.contractHash(),
            e.partitionKey(),
            e.idempotencyKey(),
            e.headers(),
            e.occurredAtMillis() != 0 ? e.occurredAtMillis() : now,
            traced ? e.trace() : Logged.root(id),
            e.payloadJson());
  }

  private Write unit(List<Integer> piece, List<Arrival> arrivals, long now) {
    Write.Builder unit =
        Write.ofAll(LogStore.APPEND, arrivals.stream().map(Arrival::event).toList());
    long expires = now + house.keyTtlMillis();
    for (int i : piece) {
      Event event = events.get(i);
      if (!event.idempotencyKey().isEmpty()) {
        UUID id = Objects.requireNonNull(ids[i]);
        unit.and(
            LogStore.KEEP_KEY,
            new KeyUse(
                request.serviceId(), event.idempotencyKey(), id, content(event), expires, now));
      }
    }
    house.announce(arrivals).forEach(dead -> unit.and(DeadStore.BURY, dead));
    return unit.within(WRITE_WITHIN).build();
  }

  private Future<Void> failed(
      List<Integer> piece,
      List<Arrival> arrivals,
      CommitOrder.Write order,
      Throwable cause,
      int round) {
    WriteFailure failure = cause instanceof WriteFailure known ? known : null;
    if (failure == null || failure.code().maybeWritten()) {
      desk.reconcile(order, arrivals);
      return Future.failedFuture(cause);
    }
    house.givenUp(arrivals);
    order.failed();
    if (failure.code() != WriteFailure.Code.REJECTED) {
      return Future.failedFuture(cause);
    }
    return piece.size() > 1 ? oneByOne(piece, 0, round) : rejected(piece.get(0), failure, round);
  }

  private Future<Void> oneByOne(List<Integer> piece, int at, int round) {
    return at == piece.size()
        ? Future.succeededFuture()
        : write(List.of(piece.get(at)), round).compose(v -> oneByOne(piece, at + 1, round));
  }

  /**
   * Its id or its key is stored in spite of what was known, or PostgreSQL cannot take it at all.
   */
  private Future<Void> rejected(int i, WriteFailure failure, int round) {
    if (!"23505".equals(failure.sqlState().orElse(""))) {
      String why = "event cannot be stored: " + failure.getMessage();
      results[i] = new Result(events.get(i).id(), Status.FORBIDDEN.number(), why);
      return Future.succeededFuture();
    }
    if (round >= ROUNDS) {
      return Future.failedFuture("the id or the key is in use");
    }
    return find(List.of(i))
        .compose(
            known -> isStored(i, known) ? Future.succeededFuture() : write(List.of(i), round + 1));
  }

  /** Those that have the id or key of an earlier one, which is decided now. */
  private Future<Void> repeats(List<Integer> fresh) {
    for (int i = 0; i < results.length; i++) {
      UUID id = ids[i];
      if (results[i] == null && id != null && !fresh.contains(i)) {
        results[i] = repeat(i, id);
      }
    }
    return Future.succeededFuture();
  }

  private @Nullable Result repeat(int i, UUID id) {
    Event event = events.get(i);
    Integer first = firstOfId.get(id);
    if (first == null || first == i) {
      first = firstOfKey.get(event.idempotencyKey());
    }
    Result before = first == null || first == i ? null : results[first];
    if (first == null || before == null || before.status() != Status.ACCEPTED.number()) {
      return null;
    }
    return content(event).same(content(events.get(first)))
        ? new Result(before.eventId(), Status.DUPLICATE.number(), "already stored")
        : new Result(before.eventId(), Status.CONFLICT.number(), "used earlier in this request");
  }

  // ---- answers

  private void undecided(String why) {
    house.metrics().undecided(why);
  }

  private List<Result> answers() {
    List<Result> answers = new ArrayList<>(results.length);
    for (int i = 0; i < results.length; i++) {
      answers.add(answer(i));
    }
    house.metrics().published(answers);
    return answers;
  }

  private Result answer(int i) {
    Result result = results[i];
    return result != null
        ? result
        : result(events.get(i).id(), Verdict.undecided("not decided, try again"));
  }

  private static Result result(String id, Verdict verdict) {
    return new Result(id, verdict.status().number(), verdict.message());
  }
}
