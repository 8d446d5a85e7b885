package io.trestle.sdk.internal.events;

import io.trestle.protocol.UuidV7;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.wire.EventMessages;
import io.trestle.sdk.outbox.PreparedEvent;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;

/** Makes events that are stored before they are sent. Any thread. */
public final class Preparation {
  private final Envelopes envelopes;

  /** With ids of its own. */
  public Preparation(InstantSource clock) {
    UuidV7 ids = new UuidV7(clock::millis, () -> ThreadLocalRandom.current().nextLong());
    this.envelopes = new Envelopes(ids, clock);
  }

  /**
   * An event under a name that is good.
   *
   * @throws ValidationException if the payload does not fit, or is too large
   */
  public <T> PreparedEvent prepare(
      String name, EventSchema<T> schema, T payload, PublishOptions options) {
    EventMessages.Envelope made = envelopes.of(name, schema, payload, options);
    byte[] unused = Envelopes.written(made); // for its bound
    return new PreparedEvent(
        made.id(),
        made.name(),
        made.payload(),
        made.payloadJson(),
        made.contractHash(),
        made.partitionKey(),
        made.idempotencyKey(),
        made.headers(),
        made.occurredAtMillis(),
        made.trace());
  }

  /** The envelope of an event. */
  static EventMessages.Envelope envelope(PreparedEvent event) {
    return new EventMessages.Envelope(
        event.id(),
        event.name(),
        event.payload(),
        event.contractHash(),
        event.partitionKey(),
        event.idempotencyKey(),
        event.headers(),
        event.occurredAtMillis(),
        event.trace(),
        event.payloadJson());
  }
}
