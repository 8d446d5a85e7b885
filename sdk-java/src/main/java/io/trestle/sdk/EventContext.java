package io.trestle.sdk;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** What a handler knows of the event it is given (events.md 6.3, 12.1). Safe on any thread. */
public interface EventContext {

  /** The id of the event; the same in every attempt and for every consumer. */
  String eventId();

  /** Its name, without wildcards. */
  String eventName();

  /** Which attempt this is, from 1. */
  int attempt();

  /** The id of the delivery to this service; the same in every attempt. */
  String deliveryId();

  /** The proof that this instance has the event now; another one in every attempt. */
  String leaseToken();

  /** Events of one key are handled one after another, as published; empty if it has none. */
  String partitionKey();

  /** What the publisher said beside the payload. */
  Map<String, String> headers();

  /** When it happened, by the publisher. */
  Instant occurredAt();

  /** The pattern of this handler. */
  String matchedPattern();

  /** The trace of the event, {@code <trace id>-<operation id>}, to be given to nested calls. */
  String trace();

  /**
   * What this handler tells the watchers of its trace while it works; always the same one. It ends
   * with the handler, and has a sequel when the event is handled again.
   */
  TraceStream stream();

  /**
   * Whether the stream of deliveries is lost: the answer of the handler will reach nobody, and the
   * event is delivered again, perhaps elsewhere.
   */
  boolean isCancelled();

  /**
   * Runs an action when that happens, at once if it has. It runs on an event loop and must not
   * block. A synchronous handler is also interrupted.
   */
  void onCancel(Runnable action);

  /**
   * What to throw, so that the event comes again after a pause of one's own instead of the computed
   * one. The attempt counts.
   *
   * <pre>{@code throw context.retry(Duration.ofSeconds(3));}</pre>
   *
   * <p>An asynchronous handler fails its stage with it.
   *
   * @param delay 1 ms to 24 h
   * @throws ValidationException if it is not
   */
  default EventRefusal retry(Duration delay) {
    return EventRefusal.retry(delay);
  }

  /**
   * What to throw, so that the event does not come again: it goes to the dead letters with this
   * reason.
   *
   * <pre>{@code throw context.reject("no such customer");}</pre>
   *
   * <p>An asynchronous handler fails its stage with it.
   */
  default EventRefusal reject(String reason) {
    return EventRefusal.reject(reason);
  }
}
