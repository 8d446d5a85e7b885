package io.trestle.sdk.internal;

import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.events.EventPost;
import io.trestle.sdk.internal.events.Preparation;
import io.trestle.sdk.outbox.EventCourier;
import io.trestle.sdk.outbox.PreparedEvent;
import io.trestle.sdk.outbox.PublishVerdict;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Prepares at any time; sends through the edges of the bridge while it has some. Any thread. */
final class BridgeCourier implements EventCourier {
  private final Preparation preparation;
  private final Predicate<String> defined;
  private final Supplier<@Nullable EventPost> post;
  private final Listeners listeners;

  /**
   * A courier.
   *
   * @param clock what time it is
   * @param defined whether an event of this name was defined
   * @param post the way to the runtime; null before the start and after the stop
   */
  BridgeCourier(
      InstantSource clock,
      Predicate<String> defined,
      Supplier<@Nullable EventPost> post,
      Listeners listeners) {
    this.preparation = new Preparation(clock);
    this.defined = defined;
    this.post = post;
    this.listeners = listeners;
  }

  @Override
  public <T> PreparedEvent prepare(EventType<T> type, T payload, PublishOptions options) {
    if (!defined.test(type.name())) {
      throw new StateException("event: " + type.name() + " is not defined on this bridge");
    }
    return preparation.prepare(type.name(), type.schema(), payload, options);
  }

  @Override
  public boolean connected() {
    EventPost way = post.get();
    return way != null && way.connected();
  }

  @Override
  public void onConnected(Runnable listener) {
    listeners.add(
        event -> {
          if (event instanceof BridgeEvent.Connected) {
            listener.run();
          }
        });
  }

  @Override
  public CompletableFuture<List<PublishVerdict>> send(List<PreparedEvent> events) {
    long bytes = events.stream().mapToLong(PreparedEvent::size).sum();
    if (events.size() > MAX_EVENTS || (bytes > MAX_BYTES && events.size() > 1)) {
      return CompletableFuture.failedFuture(
          new ValidationException(
              "events: %d of %d bytes (expected: at most %d and %d)"
                  .formatted(events.size(), bytes, MAX_EVENTS, MAX_BYTES)));
    }
    EventPost way = post.get();
    if (way == null) {
      return CompletableFuture.failedFuture(
          new ConnectionException("the bridge is not running", -1, null));
    }
    return way.send(events);
  }
}
