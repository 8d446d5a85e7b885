package io.trestle.sdk.internal.events;

import io.trestle.sdk.EventContext;
import io.trestle.sdk.TraceStream;
import io.trestle.sdk.internal.traces.HandlerStream;
import io.trestle.sdk.internal.wire.EventMessages.Delivery;
import io.trestle.sdk.internal.wire.EventMessages.Envelope;
import java.time.Instant;
import java.util.Map;

/** What a handler is told. */
record DeliveryContext(
    Delivery delivery,
    Envelope envelope,
    String matchedPattern,
    String trace,
    HandlerStream handlerStream,
    Cancellation cancellation)
    implements EventContext {

  @Override
  public String eventId() {
    return envelope.id();
  }

  @Override
  public String eventName() {
    return envelope.name();
  }

  @Override
  public int attempt() {
    return delivery.attempt();
  }

  @Override
  public String deliveryId() {
    return delivery.deliveryId();
  }

  @Override
  public String leaseToken() {
    return delivery.leaseToken();
  }

  @Override
  public String partitionKey() {
    return envelope.partitionKey();
  }

  @Override
  public Map<String, String> headers() {
    return envelope.headers();
  }

  @Override
  public Instant occurredAt() {
    return Instant.ofEpochMilli(envelope.occurredAtMillis());
  }

  @Override
  public TraceStream stream() {
    return handlerStream.get();
  }

  @Override
  public boolean isCancelled() {
    return cancellation.cancelled();
  }

  @Override
  public void onCancel(Runnable action) {
    cancellation.onCancel(action);
  }
}
