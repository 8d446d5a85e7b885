package io.trestle.events;

import static io.trestle.protocol.wire.FieldWriter.begin;
import static io.trestle.protocol.wire.FieldWriter.nestedSize;
import static io.trestle.protocol.wire.FieldWriter.size;
import static io.trestle.protocol.wire.FieldWriter.write;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.trestle.conversations.Events.Delivery;
import io.trestle.conversations.Events.Event;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.SubscribeServerMessage;
import io.trestle.protocol.wire.Frames;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Map;

/**
 * A delivery as it goes over the wire, a {@code SubscribeServerMessage} with its frame header. It
 * is written once, into the buffer that leaves: deliveries are most of what a kernel says, and
 * generated builders would hold each of them three times on the way.
 */
final class DeliveryMessage {
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private DeliveryMessage() {}

  /**
   * Writes a delivery.
   *
   * @param epoch prefix of its lease token
   */
  static Buffer frame(Delivery delivery, String epoch) {
    String id = delivery.id().toString();
    String lease = DeliveryTokens.text(epoch, delivery.token());
    int envelope = envelopeSize(delivery.event(), delivery.trace());
    int inner =
        size(EventDelivery.DELIVERY_ID_FIELD_NUMBER, id)
            + nestedSize(EventDelivery.ENVELOPE_FIELD_NUMBER, envelope)
            + size(EventDelivery.ATTEMPT_FIELD_NUMBER, delivery.attempt())
            + size(EventDelivery.LEASE_TOKEN_FIELD_NUMBER, lease);
    for (String pattern : delivery.patterns()) {
      inner += size(EventDelivery.MATCHED_PATTERNS_FIELD_NUMBER, pattern);
    }
    int length = nestedSize(SubscribeServerMessage.DELIVERY_FIELD_NUMBER, inner);

    ByteBuf out = Unpooled.buffer(Frames.HEADER + length);
    out.writeByte(0).writeInt(length);
    begin(out, SubscribeServerMessage.DELIVERY_FIELD_NUMBER, inner);
    write(out, EventDelivery.DELIVERY_ID_FIELD_NUMBER, id);
    begin(out, EventDelivery.ENVELOPE_FIELD_NUMBER, envelope);
    writeEnvelope(out, delivery.event(), delivery.trace());
    write(out, EventDelivery.ATTEMPT_FIELD_NUMBER, delivery.attempt());
    write(out, EventDelivery.LEASE_TOKEN_FIELD_NUMBER, lease);
    for (String pattern : delivery.patterns()) {
      write(out, EventDelivery.MATCHED_PATTERNS_FIELD_NUMBER, pattern);
    }
    return BufferInternal.buffer(out);
  }

  private static int envelopeSize(Event event, String trace) {
    int size =
        size(EventEnvelope.ID_FIELD_NUMBER, event.id())
            + size(EventEnvelope.NAME_FIELD_NUMBER, event.name())
            + size(EventEnvelope.PAYLOAD_FIELD_NUMBER, event.payload())
            + size(EventEnvelope.CONTRACT_HASH_FIELD_NUMBER, event.contractHash())
            + size(EventEnvelope.PARTITION_KEY_FIELD_NUMBER, event.partitionKey())
            + size(EventEnvelope.IDEMPOTENCY_KEY_FIELD_NUMBER, event.idempotencyKey())
            + size(EventEnvelope.OCCURRED_AT_UNIX_MS_FIELD_NUMBER, event.occurredAtMillis())
            + size(EventEnvelope.X_SB_TRACE_FIELD_NUMBER, trace);
    for (Map.Entry<String, String> header : event.headers().entrySet()) {
      size += nestedSize(EventEnvelope.HEADERS_FIELD_NUMBER, headerSize(header));
    }
    return size;
  }

  private static void writeEnvelope(ByteBuf out, Event event, String trace) {
    write(out, EventEnvelope.ID_FIELD_NUMBER, event.id());
    write(out, EventEnvelope.NAME_FIELD_NUMBER, event.name());
    write(out, EventEnvelope.PAYLOAD_FIELD_NUMBER, event.payload());
    write(out, EventEnvelope.CONTRACT_HASH_FIELD_NUMBER, event.contractHash());
    write(out, EventEnvelope.PARTITION_KEY_FIELD_NUMBER, event.partitionKey());
    write(out, EventEnvelope.IDEMPOTENCY_KEY_FIELD_NUMBER, event.idempotencyKey());
    for (Map.Entry<String, String> header : event.headers().entrySet()) {
      begin(out, EventEnvelope.HEADERS_FIELD_NUMBER, headerSize(header));
      write(out, KEY, header.getKey());
      write(out, VALUE, header.getValue());
    }
    write(out, EventEnvelope.OCCURRED_AT_UNIX_MS_FIELD_NUMBER, event.occurredAtMillis());
    write(out, EventEnvelope.X_SB_TRACE_FIELD_NUMBER, trace);
  }

  private static int headerSize(Map.Entry<String, String> header) {
    return size(KEY, header.getKey()) + size(VALUE, header.getValue());
  }
}
