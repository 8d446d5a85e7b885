package io.trestle.sdk.internal.events;

import io.trestle.protocol.UuidV7;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.TraceScope;
import io.trestle.sdk.internal.wire.EventMessages;
import java.time.Instant;
import java.time.InstantSource;

/** Makes the envelope of an event that is published now. Any thread. */
final class Envelopes {
  /** What a subscriber can receive. */
  static final int MAX_BYTES = 4 << 20;

  private final UuidV7 ids;
  private final InstantSource clock;

  Envelopes(UuidV7 ids, InstantSource clock) {
    this.ids = ids;
    this.clock = clock;
  }

  /** The next id, larger than all before it. */
  String id() {
    return ids.nextText();
  }

  /**
   * The envelope of an event.
   *
   * @throws ValidationException if the payload does not fit the schema
   */
  <T> EventMessages.Envelope of(
      String name, EventSchema<T> schema, T payload, PublishOptions options) {
    EventSchema.Encoded encoded = encoded(schema, payload);
    Instant occurredAt = options.occurredAt();
    return new EventMessages.Envelope(
        id(),
        name,
        encoded.payload(),
        schema.contractHash(),
        options.partitionKey(),
        options.idempotencyKey(),
        options.headers(),
        occurredAt == null ? clock.millis() : occurredAt.toEpochMilli(),
        trace(options),
        encoded.jsonView());
  }

  /**
   * The bytes of an envelope.
   *
   * @throws ValidationException if they are too many
   */
  static byte[] written(EventMessages.Envelope envelope) {
    byte[] bytes = EventMessages.envelope(envelope);
    if (bytes.length > MAX_BYTES) {
      throw new ValidationException(
          "event "
              + envelope.name()
              + ": "
              + bytes.length
              + " bytes (expected: at most "
              + MAX_BYTES
              + ")");
    }
    return bytes;
  }

  private static <T> EventSchema.Encoded encoded(EventSchema<T> schema, T payload) {
    try {
      return schema.encode(payload);
    } catch (ValidationException e) {
      throw e;
    } catch (RuntimeException e) { // an application's own schema, or null
      throw new ValidationException("serde: encode: " + e, e);
    }
  }

  private static String trace(PublishOptions options) {
    String given = options.trace();
    String trace = given != null ? given : TraceScope.current();
    return trace == null ? "" : trace;
  }
}
