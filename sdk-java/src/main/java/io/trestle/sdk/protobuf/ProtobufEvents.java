package io.trestle.sdk.protobuf;

import com.google.protobuf.Message;
import io.trestle.sdk.AsyncEventHandler;
import io.trestle.sdk.EventHandler;
import io.trestle.sdk.EventType;
import io.trestle.sdk.Events;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.SubscriptionOptions;

/**
 * Events whose payloads are generated messages. For records, maps and messages from files make a
 * {@link MessageSchema} and give it to {@link Events}. Thread-safe.
 *
 * <pre>{@code
 * ProtobufEvents events = ProtobufEvents.of(bridge);
 * EventType<OrderPlaced> placed = events.define("order.placed", OrderPlaced.class);
 * events.handle("payment.#", Payment.class, (payment, context) -> ...);
 * bridge.start();
 * placed.publish(OrderPlaced.newBuilder()...build());
 * }</pre>
 *
 * <p>The versions of an event may differ between publisher and subscriber: what a subscriber does
 * not know is dropped (events.md 11.3). A payload that does not decode fails the delivery with a
 * text that begins with {@code decode}.
 */
public final class ProtobufEvents {
  private final Events events;

  private ProtobufEvents(Events events) {
    this.events = events;
  }

  /** On a bridge. */
  public static ProtobufEvents of(ServiceBridge bridge) {
    return new ProtobufEvents(bridge.events());
  }

  /** Declares an event this service publishes; see {@link Events#define}. */
  public <T extends Message> EventType<T> define(String name, Class<T> payloads) {
    return events.define(name, MessageSchema.of(payloads));
  }

  /** Subscribes this service; see {@link Events#handle}. */
  public <T extends Message> void handle(
      String pattern, Class<T> payloads, EventHandler<T> handler) {
    handle(pattern, payloads, handler, SubscriptionOptions.DEFAULT);
  }

  /** Subscribes this service; see {@link Events#handle}. */
  public <T extends Message> void handle(
      String pattern, Class<T> payloads, EventHandler<T> handler, SubscriptionOptions options) {
    events.handle(pattern, MessageSchema.of(payloads), handler, options);
  }

  /** Subscribes this service without blocking; see {@link Events#handleAsync}. */
  public <T extends Message> void handleAsync(
      String pattern, Class<T> payloads, AsyncEventHandler<T> handler) {
    handleAsync(pattern, payloads, handler, SubscriptionOptions.DEFAULT);
  }

  /** Subscribes this service without blocking; see {@link Events#handleAsync}. */
  public <T extends Message> void handleAsync(
      String pattern,
      Class<T> payloads,
      AsyncEventHandler<T> handler,
      SubscriptionOptions options) {
    events.handleAsync(pattern, MessageSchema.of(payloads), handler, options);
  }
}
