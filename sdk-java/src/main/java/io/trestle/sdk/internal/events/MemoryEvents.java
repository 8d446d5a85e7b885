package io.trestle.sdk.internal.events;

import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.JsonView;
import io.trestle.sdk.DeadLetters;
import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.inbound.HandlerThreads;
import io.trestle.sdk.internal.traces.TraceWriters;
import io.trestle.sdk.internal.wire.EventMessages.Delivery;
import io.trestle.sdk.internal.wire.EventMessages.Envelope;
import io.trestle.sdk.outbox.PreparedEvent;
import io.trestle.sdk.outbox.PublishVerdict;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Events without network, for tests of applications: what is published is kept, and handed once to
 * the handlers of the same bridge that want it. Those of one partition key run one after another.
 * There are no dead letters. Any thread.
 */
public final class MemoryEvents implements Outlet, EventPost, DeadLetterBox {
  private final Subscriptions subscriptions;
  private final EventRunner runner;
  private final Envelopes envelopes;
  private final UuidV7 ids;
  private final List<Published> published = new CopyOnWriteArrayList<>();
  private final Map<String, CompletableFuture<Void>> lanes = new HashMap<>();
  private final List<CompletableFuture<Void>> deliveries = new ArrayList<>();
  private volatile boolean ended;

  /** An event that was published. */
  public record Published(Envelope envelope, PublishOptions options) {}

  /** Events for these handlers, on these threads. */
  public MemoryEvents(
      Subscriptions subscriptions, HandlerThreads threads, UuidV7 ids, TraceWriters traces) {
    this.subscriptions = subscriptions;
    this.runner = new EventRunner(threads.executor(), ids, traces);
    this.envelopes = new Envelopes(ids, InstantSource.system());
    this.ids = ids;
  }

  /** Takes nothing new. */
  public void end() {
    ended = true;
  }

  /** What was published, in order. */
  public List<Published> published() {
    return List.copyOf(published);
  }

  /** Forgets what was published, and what came of it. */
  public synchronized void reset() {
    published.clear();
    deliveries.clear();
  }

  /** Completes when all that was published so far was handled; fails with the first failure. */
  public synchronized CompletableFuture<Void> settled() {
    return CompletableFuture.allOf(deliveries.toArray(new CompletableFuture<?>[0]));
  }

  @Override
  public <T> CompletableFuture<String> publish(
      String name, EventSchema<T> schema, T payload, PublishOptions options) {
    try {
      if (ended) {
        throw new StateException("the bridge has ended");
      }
      Envelope event = envelopes.of(name, schema, payload, options);
      byte[] unused = Envelopes.written(event);
      published.add(new Published(event, options));
      enqueue(event);
      return CompletableFuture.completedFuture(event.id());
    } catch (ServiceBridgeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public boolean connected() {
    return !ended;
  }

  @Override
  public CompletableFuture<List<PublishVerdict>> send(List<PreparedEvent> events) {
    for (PreparedEvent event : events) {
      Envelope envelope = Preparation.envelope(event);
      published.add(new Published(envelope, options(event)));
      enqueue(envelope);
    }
    return CompletableFuture.completedFuture(
        events.stream().map(event -> PublishVerdict.ACCEPTED).toList());
  }

  private static PublishOptions options(PreparedEvent event) {
    return PublishOptions.keyed(event.partitionKey())
        .withIdempotencyKey(event.idempotencyKey())
        .withHeaders(event.headers())
        .withOccurredAt(Instant.ofEpochMilli(event.occurredAtMillis()));
  }

  @Override
  public CompletableFuture<DeadLetters.Page> list(int limit, String cursor) {
    return CompletableFuture.completedFuture(new DeadLetters.Page(List.of(), ""));
  }

  @Override
  public CompletableFuture<String> replay(String eventId) {
    String text = "dead letters: no " + eventId;
    return CompletableFuture.failedFuture(
        new ServiceBridgeException(ErrorCode.NOT_FOUND, text, null));
  }

  private synchronized void enqueue(Envelope event) {
    List<String> patterns = matching(event);
    if (patterns.isEmpty()) {
      return;
    }
    String key = event.partitionKey();
    CompletableFuture<Void> before =
        key.isEmpty()
            ? CompletableFuture.completedFuture(null)
            : lanes.getOrDefault(key, CompletableFuture.completedFuture(null));
    CompletableFuture<Void> delivery =
        before.handle((v, e) -> event).thenCompose(e -> deliver(e, patterns, 1));
    deliveries.add(delivery);
    if (!key.isEmpty()) {
      lanes.put(key, delivery);
    }
  }

  /**
   * Hands an event of somebody else to the handlers that want it, one after another; fails with the
   * first failure.
   *
   * @throws ServiceBridgeException if the payload does not fit, or nobody wants it
   */
  public <T> CompletableFuture<Void> deliver(
      String name, EventSchema<T> schema, T payload, PublishOptions options, int attempt) {
    Envelope event = envelopes.of(name, schema, payload, options);
    List<String> patterns = matching(event);
    if (patterns.isEmpty()) {
      throw new ValidationException("event " + name + ": no handler matches");
    }
    return deliver(event, patterns, attempt);
  }

  /** The patterns here that want an event. */
  private List<String> matching(Envelope event) {
    Optional<JsonView> view =
        JsonView.ofEvent(event.payloadJson(), event.payload(), event.contractHash());
    return subscriptions.all().stream()
        .filter(s -> EventPattern.parse(s.pattern()).matches(event.name()))
        .filter(s -> s.filter().passesAll() || view.filter(s.filter()::test).isPresent())
        .<String>map(Subscription::pattern)
        .toList();
  }

  private CompletableFuture<Void> deliver(Envelope event, List<String> patterns, int attempt) {
    Delivery delivery =
        new Delivery(ids.nextText(), event, attempt, ids.nextText(), List.copyOf(patterns));
    CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
    for (Subscription<?> subscription : subscriptions.of(patterns)) {
      done = done.thenCompose(v -> run(subscription, delivery, event));
    }
    return done;
  }

  private CompletableFuture<Void> run(
      Subscription<?> subscription, Delivery delivery, Envelope event) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    runner.run(
        subscription,
        delivery,
        event,
        event.payload().clone(),
        new Cancellation(),
        failure -> {
          if (failure == null) {
            done.complete(null);
          } else {
            done.completeExceptionally(shown(failure));
          }
        });
    return done;
  }

  /** What a test sees of a failure. */
  private static Throwable shown(Throwable failure) {
    if (failure instanceof EventRefusal) {
      return failure;
    }
    HandlerException shown =
        HandlerException.received(HandlerException.INTERNAL, EventRunner.text(failure));
    shown.addSuppressed(failure);
    return shown;
  }
}
