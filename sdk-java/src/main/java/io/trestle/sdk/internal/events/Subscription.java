package io.trestle.sdk.internal.events;

import io.trestle.protocol.events.EventFilter;
import io.trestle.sdk.AsyncEventHandler;
import io.trestle.sdk.EventHandler;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.SubscriptionOptions;

/**
 * What handles the events of one pattern. Two are equal if they are the same.
 *
 * @param <T> what payloads are in Java
 */
public final class Subscription<T> {
  private final String pattern;
  private final EventSchema<T> schema;
  private final Handler<T> handler;
  private final SubscriptionOptions options;
  private final EventFilter filter;
  private final Turns turns;

  /** One of the two kinds. */
  public sealed interface Handler<T> {
    /** May block. */
    record Blocking<T>(EventHandler<T> handler) implements Handler<T> {}

    /** Must not. */
    record Async<T>(AsyncEventHandler<T> handler) implements Handler<T> {}
  }

  /** A subscription. */
  public Subscription(
      String pattern,
      EventSchema<T> schema,
      Handler<T> handler,
      SubscriptionOptions options,
      EventFilter filter) {
    this.pattern = pattern;
    this.schema = schema;
    this.handler = handler;
    this.options = options;
    this.filter = filter;
    this.turns = new Turns(options.concurrency());
  }

  /** Which events. */
  public String pattern() {
    return pattern;
  }

  /** How they are wanted. */
  public SubscriptionOptions options() {
    return options;
  }

  EventSchema<T> schema() {
    return schema;
  }

  Handler<T> handler() {
    return handler;
  }

  EventFilter filter() {
    return filter;
  }

  /** Who of those that want the handler may run it; on the lane of the deliveries. */
  Turns turns() {
    return turns;
  }
}
