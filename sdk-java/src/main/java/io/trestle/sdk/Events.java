package io.trestle.sdk;

import java.util.concurrent.CompletableFuture;

/**
 * Durable events, in both directions (events.md 12). Payloads have a schema, or are opaque bytes;
 * {@code io.trestle.sdk.protobuf.ProtobufEvents} takes protobuf messages and records. Thread-safe.
 *
 * <pre>{@code
 * EventType<byte[]> moved = bridge.events().define("stock.moved");
 * bridge.events().handle("order.#", (payload, context) -> ...);
 * bridge.start();
 * String id = moved.publish(json, PublishOptions.keyed("sku-1"));
 * }</pre>
 */
public interface Events {

  /** {@link #define(String, EventSchema)} without schema. */
  default EventType<byte[]> define(String name) {
    return define(name, EventSchema.RAW);
  }

  /**
   * Declares an event this service publishes. Before {@code start} only. Repeated with a schema of
   * the same contract hash, it changes nothing.
   *
   * @param name segments of {@code a-z 0-9 _ -} joined by dots; at most 255 bytes and 32 segments
   * @return what publishes it
   * @throws InvalidEventNameException if the name is bad
   * @throws ValidationException if it was defined with another schema
   * @throws StateException after {@code start}
   */
  <T> EventType<T> define(String name, EventSchema<T> schema);

  /** {@link #publishAsync} and the wait for it; see {@link EventType#publish}. */
  String publish(String name, byte[] payload, PublishOptions options);

  /**
   * Publishes a payload that is encoded already, without JSON view, under a name that was defined;
   * with its contract hash. Otherwise as {@link EventType#publishAsync(Object, PublishOptions)},
   * whose failures may also be:
   *
   * <ul>
   *   <li>{@link InvalidEventNameException} if the name is bad,
   *   <li>{@link StateException} if it was not defined.
   * </ul>
   */
  CompletableFuture<String> publishAsync(String name, byte[] payload, PublishOptions options);

  /** {@link #handle(String, EventSchema, EventHandler, SubscriptionOptions)} with raw payloads. */
  default void handle(String pattern, EventHandler<byte[]> handler) {
    handle(pattern, EventSchema.RAW, handler, SubscriptionOptions.DEFAULT);
  }

  /** {@link #handle(String, EventSchema, EventHandler, SubscriptionOptions)} with raw payloads. */
  default void handle(String pattern, EventHandler<byte[]> handler, SubscriptionOptions options) {
    handle(pattern, EventSchema.RAW, handler, options);
  }

  /** {@link #handle(String, EventSchema, EventHandler, SubscriptionOptions)} with the defaults. */
  default <T> void handle(String pattern, EventSchema<T> schema, EventHandler<T> handler) {
    handle(pattern, schema, handler, SubscriptionOptions.DEFAULT);
  }

  /**
   * Subscribes this service. Before {@code start} only. The subscription belongs to the service and
   * outlives its instances: what is published while none lives is delivered to the next one
   * (events.md 4.4). Each event goes to one instance of the service. What is handled need not be
   * defined here.
   *
   * @param pattern a name in which a whole segment may be {@code *}, one segment, or {@code #}, any
   *     number of them
   * @param schema reads the payloads; one that does not read fails the delivery
   * @throws InvalidEventNameException if the pattern is bad
   * @throws ValidationException if it has a handler already, or the filter is malformed
   * @throws StateException after {@code start}
   */
  <T> void handle(
      String pattern, EventSchema<T> schema, EventHandler<T> handler, SubscriptionOptions options);

  /**
   * {@link #handleAsync(String, EventSchema, AsyncEventHandler, SubscriptionOptions)} with raw
   * payloads.
   */
  default void handleAsync(String pattern, AsyncEventHandler<byte[]> handler) {
    handleAsync(pattern, EventSchema.RAW, handler, SubscriptionOptions.DEFAULT);
  }

  /**
   * Subscribes without blocking; otherwise as {@link #handle(String, EventSchema, EventHandler,
   * SubscriptionOptions)}.
   */
  <T> void handleAsync(
      String pattern,
      EventSchema<T> schema,
      AsyncEventHandler<T> handler,
      SubscriptionOptions options);

  /**
   * What this service could not handle.
   *
   * @throws StateException before {@code start} and after {@code stop}
   */
  DeadLetters deadLetters();
}
