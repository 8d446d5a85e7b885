package io.trestle.sdk.outbox;

import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.Couriers;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The two halves of publishing for those who keep events in between: {@link #prepare} makes of a
 * payload what is stored, {@link #send} delivers what was stored, one request at a time, without
 * repeats of its own. Any thread.
 *
 * <p>Who uses it owns order and repetition: of the events of one partition key send one at a time,
 * and send an event whose outcome is not known again, as it is.
 *
 * <p>Those who write a courier of their own: the outboxes of this SDK outlive what it throws, from
 * any method but {@link #onConnected} while they open. They log it, keep the events, wait 100 ms to
 * 5 s and ask again; an answer that is no list of so many verdicts is none, and an event whose
 * verdict is missing is undecided.
 */
public interface EventCourier {
  /** Events in one request, at most. */
  int MAX_EVENTS = 100;

  /** Bytes of the events of one request, by {@link PreparedEvent#size}; a larger one goes alone. */
  int MAX_BYTES = 4 << 20;

  /**
   * The courier of a bridge, at any time of its life.
   *
   * @throws ConfigurationException if the bridge was not made by this SDK
   */
  static EventCourier of(ServiceBridge bridge) {
    return Couriers.of(bridge);
  }

  /**
   * Makes an event as {@link EventType#publish} does: checks the name, encodes the payload, takes
   * the trace of the calling thread, mints the id. Needs no connection: also before {@code start}
   * and after {@code stop}. {@link PublishOptions#fireAndForget} is ignored.
   *
   * @throws StateException if the event was not defined on this bridge
   * @throws ValidationException if the payload does not fit the schema, or the event is larger than
   *     4 MiB
   */
  <T> PreparedEvent prepare(EventType<T> type, T payload, PublishOptions options);

  /** Whether there is a session, so that sending is worth an attempt. */
  boolean connected();

  /**
   * Calls back whenever a session has begun; on an event loop, where it must not block. There is no
   * way back.
   */
  void onConnected(Runnable listener);

  /**
   * Sends events in one request; one attempt, which may take 10 s.
   *
   * @param events at most {@link #MAX_EVENTS}, together at most {@link #MAX_BYTES}
   * @return the verdicts, in the order of the events; completes on an event loop. Fails with a
   *     {@link ConnectionException} or another exception if there is no answer: then nothing is
   *     known about any of them. Fails with a {@link ValidationException} if they are too many
   */
  CompletableFuture<List<PublishVerdict>> send(List<PreparedEvent> events);
}
