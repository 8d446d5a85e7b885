package io.trestle.events;

import io.trestle.conversations.EventAdmin;
import io.trestle.conversations.EventAdmin.PublishAs;
import io.trestle.conversations.EventAdmin.PublishedAs;
import io.trestle.conversations.EventTokens;
import io.trestle.conversations.Events;
import io.trestle.conversations.Events.Event;
import io.trestle.conversations.Events.Result;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import io.trestle.events.core.Verdict.Status;
import io.trestle.kernel.bus.Bus;
import io.trestle.kernel.database.Database;
import io.trestle.protocol.events.JsonView;
import io.vertx.core.Future;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/** The operators' side of this module: desks, watches, gauges. Thread: the owner's event loop. */
final class Operators {
  private final EventsHouse house;
  private final ConsumerDesk consumers;
  private final LetterDesk letters;
  private final TokenDesk tokens;
  private final Sampler sampler;

  Operators(
      EventsHouse house,
      ConsumerBook book,
      StreamTable streams,
      PullDesk pulls,
      DeadLetterDesk deadLetters,
      TokenDesk tokens) {
    this.house = house;
    Database database = house.context().database();
    LetterStore store = new LetterStore(database.pool(), database.writes());
    OldestPending oldest = new OldestPending(house);
    this.consumers = new ConsumerDesk(house, book, streams, pulls, oldest);
    this.letters = new LetterDesk(house, store, deadLetters);
    this.tokens = tokens;
    this.sampler = new Sampler(house, store, oldest, pulls::waiting);
  }

  Future<Void> load() {
    return tokens.load();
  }

  void listen(Bus bus) {
    bus.answer(EventAdmin.CONSUMERS, q -> refusing(() -> consumers.consumers(q)));
    bus.answer(EventAdmin.LAG, q -> refusing(() -> consumers.lag(q)));
    bus.answer(EventAdmin.LETTERS, q -> refusing(() -> letters.list(q)));
    bus.answer(EventAdmin.LETTER, q -> refusing(() -> letters.show(q)));
    bus.answer(EventAdmin.REPLAY, q -> refusing(() -> letters.replay(q)));
    bus.answer(EventAdmin.DROP, q -> refusing(() -> letters.drop(q)));
    bus.answer(EventAdmin.WATCH, q -> refusing(() -> house.watches().watch(q)));
    bus.answer(EventAdmin.PUBLISH_AS, q -> refusing(() -> publish(bus, q)));
    bus.answer(EventTokens.CREATE, q -> refusing(() -> tokens.create(q)));
    bus.answer(EventTokens.LIST, q -> refusing(() -> tokens.list(q)));
    bus.answer(EventTokens.REVOKE, q -> refusing(() -> tokens.revoke(q)));
    bus.answer(EventTokens.CHECK, q -> refusing(() -> tokens.check(q)));
    sampler.start();
  }

  void stop() {
    sampler.stop();
    house.watches().close();
  }

  /** What is thrown is a failed answer too. */
  static <T> Future<T> refusing(Supplier<Future<T>> question) {
    return Future.<Void>succeededFuture().compose(v -> question.get());
  }

  private Future<PublishedAs> publish(Bus bus, PublishAs q) {
    EventGates.Service service = ConsumerDesk.known(house.gates(), q.service());
    if (!service.active()) {
      throw Refused.of(Reason.PRECONDITION, "service: " + service.name() + " is revoked");
    }
    if (JsonView.parse(q.payload()).isEmpty()) {
      throw Refused.of(
          Reason.INVALID, "payload: no JSON (expected: JSON of at most 64 levels in UTF-8)");
    }
    Event event =
        new Event(
            house.context().ids().next().toString(),
            q.name(),
            q.payload(),
            "",
            q.partitionKey(),
            q.idempotencyKey(),
            q.headers(),
            0,
            "",
            q.payload());
    return bus.request(
            Events.PUBLISH, new Events.Publish(service.id(), EventAdmin.OPERATOR, List.of(event)))
        .map(published -> verdict(published.results().get(0)));
  }

  private static PublishedAs verdict(Result result) {
    if (result.status() == Status.ACCEPTED.number()
        || result.status() == Status.DUPLICATE.number()) {
      return new PublishedAs(
          UUID.fromString(result.eventId()), result.status() == Status.DUPLICATE.number());
    }
    throw Refused.of(reason(result.status(), result.message()), result.message());
  }

  private static Reason reason(int status, String message) {
    if (status == Status.INVALID_NAME.number()) {
      return Reason.INVALID;
    }
    if (status == Status.FORBIDDEN.number()) {
      return message.startsWith("access denied") ? Reason.DENIED : Reason.INVALID;
    }
    return status == Status.CONFLICT.number() ? Reason.ALREADY_EXISTS : Reason.UNAVAILABLE;
  }
}
