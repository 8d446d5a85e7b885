package io.trestle.sdk.internal;

import io.trestle.protocol.events.EventFilter;
import io.trestle.protocol.events.EventName;
import io.trestle.protocol.events.EventPattern;
import io.trestle.protocol.events.FilterException;
import io.trestle.sdk.AsyncEventHandler;
import io.trestle.sdk.DeadLetters;
import io.trestle.sdk.EventHandler;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.EventType;
import io.trestle.sdk.Events;
import io.trestle.sdk.InvalidEventNameException;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.events.DeadLetterBox;
import io.trestle.sdk.internal.events.Outlet;
import io.trestle.sdk.internal.events.Subscription;
import io.trestle.sdk.internal.events.Subscriptions;
import io.vertx.core.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Events as applications see them: what is defined, what is handled, and the order of checks. */
final class BridgeEvents implements Events {
  private final Phase phase;
  private final Declarations declarations;
  private final Subscriptions subscriptions;
  private final ConcurrentMap<String, EventSchema<?>> defined = new ConcurrentHashMap<>();

  /** Where a bridge is in its life. */
  interface Phase {
    /**
     * Runs a declaration.
     *
     * @throws StateException after the start
     */
    void declaring(Runnable declaration);

    /**
     * Where events go.
     *
     * @throws StateException before the start and after the stop
     */
    Edges edges();
  }

  BridgeEvents(Phase phase, Declarations declarations, Subscriptions subscriptions) {
    this.phase = phase;
    this.declarations = declarations;
    this.subscriptions = subscriptions;
  }

  /** Whether an event of this name was defined. */
  boolean defines(String name) {
    return defined.containsKey(name);
  }

  @Override
  public <T> EventType<T> define(String name, EventSchema<T> schema) {
    checkName(name);
    phase.declaring(
        () -> {
          EventSchema<?> known = defined.putIfAbsent(name, schema);
          if (known == null) {
            declarations.publishes(name, schema);
          } else if (!known.contractHash().equals(schema.contractHash())) {
            throw new ValidationException("event: " + name + " is defined with another schema");
          }
        });
    return new Defined<>(this, name, schema);
  }

  @Override
  public String publish(String name, byte[] payload, PublishOptions options) {
    return awaited(publishAsync(name, payload, options));
  }

  @Override
  public CompletableFuture<String> publishAsync(
      String name, byte[] payload, PublishOptions options) {
    try {
      Outlet outlet = phase.edges().outlet();
      checkName(name);
      EventSchema<?> schema = defined.get(name);
      if (schema == null) {
        throw new StateException("event: " + name + " is not defined");
      }
      return outlet.publish(name, new Ready(schema), payload, options);
    } catch (ServiceBridgeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private <T> CompletableFuture<String> publish(
      Defined<T> event, T payload, PublishOptions options) {
    try {
      return phase.edges().outlet().publish(event.name, event.schema, payload, options);
    } catch (ServiceBridgeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public <T> void handle(
      String pattern, EventSchema<T> schema, EventHandler<T> handler, SubscriptionOptions options) {
    subscribe(pattern, schema, new Subscription.Handler.Blocking<>(handler), options);
  }

  @Override
  public <T> void handleAsync(
      String pattern,
      EventSchema<T> schema,
      AsyncEventHandler<T> handler,
      SubscriptionOptions options) {
    subscribe(pattern, schema, new Subscription.Handler.Async<>(handler), options);
  }

  private <T> void subscribe(
      String pattern,
      EventSchema<T> schema,
      Subscription.Handler<T> handler,
      SubscriptionOptions options) {
    String problem = EventPattern.problem(pattern);
    if (problem != null) {
      throw new InvalidEventNameException("pattern: " + problem);
    }
    EventFilter filter = filter(pattern, options.filter());
    phase.declaring(
        () -> {
          subscriptions.add(new Subscription<>(pattern, schema, handler, options, filter));
          declarations.subscribes(pattern, options);
        });
  }

  @Override
  public DeadLetters deadLetters() {
    return new Box(phase.edges().deadLetters());
  }

  private static EventFilter filter(String pattern, String text) {
    try {
      return EventFilter.parse(text);
    } catch (FilterException e) {
      throw new ValidationException("pattern " + pattern + ": " + e.getMessage(), e);
    }
  }

  private static void checkName(String name) {
    String problem = EventName.problem(name);
    if (problem != null) {
      throw new InvalidEventNameException("event: " + problem);
    }
  }

  /** Waits, unless there is nothing to wait for. */
  private static <T> T awaited(CompletableFuture<T> result) {
    if (!result.isDone() && Context.isOnEventLoopThread()) {
      throw new StateException("a blocking call on an event loop; use the async form");
    }
    return Bridge.await(result);
  }

  private record Box(DeadLetterBox box) implements DeadLetters {
    @Override
    public Page list(int limit, String cursor) {
      return awaited(listAsync(limit, cursor));
    }

    @Override
    public CompletableFuture<Page> listAsync(int limit, String cursor) {
      return box.list(limit, cursor);
    }

    @Override
    public String replay(String eventId) {
      return awaited(replayAsync(eventId));
    }

    @Override
    public CompletableFuture<String> replayAsync(String eventId) {
      return box.replay(eventId);
    }
  }

  private record Defined<T>(BridgeEvents events, String name, EventSchema<T> schema)
      implements EventType<T> {
    @Override
    public String publish(T payload, PublishOptions options) {
      return awaited(publishAsync(payload, options));
    }

    @Override
    public CompletableFuture<String> publishAsync(T payload, PublishOptions options) {
      return events.publish(this, payload, options);
    }
  }

  /** Payloads that are encoded already. */
  private record Ready(EventSchema<?> of) implements EventSchema<byte[]> {
    @Override
    public String contractHash() {
      return of.contractHash();
    }

    @Override
    public byte[] json() {
      return of.json();
    }

    @Override
    public EventSchema.Encoded encode(byte[] payload) {
      return RAW.encode(payload);
    }

    @Override
    public byte[] decode(byte[] payload) {
      return payload;
    }
  }
}
