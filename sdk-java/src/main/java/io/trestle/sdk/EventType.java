package io.trestle.sdk;

import java.util.concurrent.CompletableFuture;

/** One event this service publishes, to be kept and used by any thread. */
public interface EventType<T> {

  /** Its name. */
  String name();

  /** How its payloads look. */
  EventSchema<T> schema();

  /** {@link #publish(Object, PublishOptions)} with the defaults. */
  default String publish(T payload) {
    return publish(payload, PublishOptions.DEFAULT);
  }

  /**
   * Publishes, and waits until the runtime has stored the event: it is then delivered to every
   * subscriber, also after a crash. Not on an event loop, unless it is fire and forget. An
   * interrupt ends the wait, not the publish.
   *
   * <p>While the runtime is away, the event waits in memory and is sent again and again with the
   * same id, which the runtime stores once. The wait ends after the publish timeout, 30 s by
   * default; when an attempt is under way then, with its end, at most 10 s later (events.md 3.1).
   *
   * @return the id of the event; of the first one, if the idempotency key was used before
   * @throws StateException before {@code start} and after {@code stop}
   * @throws QueueFullException if too many events wait, see {@link
   *     ServiceBridgeBuilder#publishOverflow}
   * @throws ValidationException if the payload does not fit the schema, or the event is larger than
   *     4 MiB
   * @throws CallTimeoutException without an answer in time; the text says whether it was sent
   * @throws InvalidEventNameException if the runtime refuses the name
   * @throws AccessDeniedException if the policy forbids it, or the event is too large for the
   *     runtime
   * @throws ConflictException if the idempotency key was used with other content
   * @throws ConnectionException if the bridge stopped before the answer
   */
  String publish(T payload, PublishOptions options);

  /** {@link #publishAsync(Object, PublishOptions)} with the defaults. */
  default CompletableFuture<String> publishAsync(T payload) {
    return publishAsync(payload, PublishOptions.DEFAULT);
  }

  /**
   * The same without waiting. The future fails with what {@link #publish(Object, PublishOptions)}
   * throws, and completes on an event loop, where what follows must not block. Cancelling it does
   * not take the event back. The payload is not looked at after the return.
   *
   * <p>Under {@link OverflowPolicy#BLOCK} it waits for a place when there is none, unless it is
   * called on an event loop.
   */
  CompletableFuture<String> publishAsync(T payload, PublishOptions options);
}
