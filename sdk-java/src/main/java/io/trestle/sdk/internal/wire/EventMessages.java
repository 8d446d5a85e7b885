package io.trestle.sdk.internal.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.netty.buffer.ByteBuf;
import io.trestle.protocol.v1.Ack;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.Nack;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.SubscribeClientMessage;
import io.trestle.protocol.v1.SubscribeInit;
import io.trestle.protocol.v1.SubscribeServerMessage;
import io.trestle.protocol.wire.FieldReader;
import io.trestle.protocol.wire.FieldWriter;
import io.trestle.protocol.wire.Frames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The messages of events that are many, written and read by hand: an envelope is written once, by
 * the thread that publishes, and copied from there to the network; a delivery is read from the
 * network, each field once. The bytes are those of the generated classes, which a test holds side
 * by side.
 */
public final class EventMessages {
  private static final byte[] NOTHING = new byte[0];
  private static final int KEY = 1;
  private static final int VALUE = 2;

  private EventMessages() {}

  /** One event, as published and as delivered. */
  public record Envelope(
      String id,
      String name,
      byte[] payload,
      String contractHash,
      String partitionKey,
      String idempotencyKey,
      Map<String, String> headers,
      long occurredAtMillis,
      String trace,
      byte[] payloadJson) {}

  /**
   * One attempt to hand over an event.
   *
   * @param envelope null if there is none
   */
  public record Delivery(
      String deliveryId,
      @Nullable Envelope envelope,
      int attempt,
      String leaseToken,
      List<String> matchedPatterns) {}

  /** An {@code EventEnvelope}. */
  public static byte[] envelope(Envelope event) {
    byte[] written = new byte[size(event)];
    CodedOutputStream out = CodedOutputStream.newInstance(written);
    try {
      write(out, event);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return written;
  }

  private static int size(Envelope event) {
    int size =
        text(EventEnvelope.ID_FIELD_NUMBER, event.id)
            + text(EventEnvelope.NAME_FIELD_NUMBER, event.name)
            + FieldWriter.size(EventEnvelope.PAYLOAD_FIELD_NUMBER, event.payload)
            + text(EventEnvelope.CONTRACT_HASH_FIELD_NUMBER, event.contractHash)
            + text(EventEnvelope.PARTITION_KEY_FIELD_NUMBER, event.partitionKey)
            + text(EventEnvelope.IDEMPOTENCY_KEY_FIELD_NUMBER, event.idempotencyKey)
            + CodedOutputStream.computeInt64Size(
                EventEnvelope.OCCURRED_AT_UNIX_MS_FIELD_NUMBER, event.occurredAtMillis)
            + text(EventEnvelope.X_SB_TRACE_FIELD_NUMBER, event.trace)
            + FieldWriter.size(EventEnvelope.PAYLOAD_JSON_FIELD_NUMBER, event.payloadJson);
    for (Map.Entry<String, String> header : event.headers.entrySet()) {
      size += FieldWriter.nestedSize(EventEnvelope.HEADERS_FIELD_NUMBER, entrySize(header));
    }
    return size;
  }

  private static int entrySize(Map.Entry<String, String> header) {
    return CodedOutputStream.computeStringSize(KEY, header.getKey())
        + CodedOutputStream.computeStringSize(VALUE, header.getValue());
  }

  private static int text(int field, String value) {
    return value.isEmpty() ? 0 : CodedOutputStream.computeStringSize(field, value);
  }

  private static void write(CodedOutputStream out, Envelope event) throws IOException {
    text(out, EventEnvelope.ID_FIELD_NUMBER, event.id);
    text(out, EventEnvelope.NAME_FIELD_NUMBER, event.name);
    bytes(out, EventEnvelope.PAYLOAD_FIELD_NUMBER, event.payload);
    text(out, EventEnvelope.CONTRACT_HASH_FIELD_NUMBER, event.contractHash);
    text(out, EventEnvelope.PARTITION_KEY_FIELD_NUMBER, event.partitionKey);
    text(out, EventEnvelope.IDEMPOTENCY_KEY_FIELD_NUMBER, event.idempotencyKey);
    for (Map.Entry<String, String> header : event.headers.entrySet()) {
      out.writeUInt32NoTag((EventEnvelope.HEADERS_FIELD_NUMBER << 3) | 2);
      out.writeUInt32NoTag(entrySize(header));
      out.writeString(KEY, header.getKey());
      out.writeString(VALUE, header.getValue());
    }
    out.writeInt64(EventEnvelope.OCCURRED_AT_UNIX_MS_FIELD_NUMBER, event.occurredAtMillis);
    text(out, EventEnvelope.X_SB_TRACE_FIELD_NUMBER, event.trace);
    bytes(out, EventEnvelope.PAYLOAD_JSON_FIELD_NUMBER, event.payloadJson);
  }

  private static void text(CodedOutputStream out, int field, String value) throws IOException {
    if (!value.isEmpty()) {
      out.writeString(field, value);
    }
  }

  private static void bytes(CodedOutputStream out, int field, byte[] value) throws IOException {
    if (value.length > 0) {
      out.writeByteArray(field, value);
    }
  }

  /** The body of a {@code PublishRequest} of written envelopes. */
  public static Frames.Body publishRequest(List<byte[]> envelopes) {
    int size = 0;
    for (byte[] envelope : envelopes) {
      size += FieldWriter.size(PublishRequest.EVENTS_FIELD_NUMBER, envelope);
    }
    return body(
        size,
        out -> {
          for (byte[] envelope : envelopes) {
            FieldWriter.write(out, PublishRequest.EVENTS_FIELD_NUMBER, envelope);
          }
        });
  }

  /** The body that opens a subscription. */
  public static Frames.Body init(int maxInFlight) {
    return Frames.of(
        SubscribeClientMessage.newBuilder()
            .setInit(SubscribeInit.newBuilder().setMaxInFlight(maxInFlight))
            .build());
  }

  /** The body that acknowledges a delivery. */
  public static Frames.Body ack(Delivery delivery) {
    String id = delivery.deliveryId;
    String event = eventId(delivery);
    String lease = delivery.leaseToken;
    int length =
        FieldWriter.size(Ack.DELIVERY_ID_FIELD_NUMBER, id)
            + FieldWriter.size(Ack.EVENT_ID_FIELD_NUMBER, event)
            + FieldWriter.size(Ack.LEASE_TOKEN_FIELD_NUMBER, lease);
    return body(
        FieldWriter.nestedSize(SubscribeClientMessage.ACK_FIELD_NUMBER, length),
        out -> {
          FieldWriter.begin(out, SubscribeClientMessage.ACK_FIELD_NUMBER, length);
          FieldWriter.write(out, Ack.DELIVERY_ID_FIELD_NUMBER, id);
          FieldWriter.write(out, Ack.EVENT_ID_FIELD_NUMBER, event); // bytes are a text's, UTF-8
          FieldWriter.write(out, Ack.LEASE_TOKEN_FIELD_NUMBER, lease);
        });
  }

  /**
   * The body that refuses a delivery.
   *
   * @param retryAfterMillis the pause before the next attempt; 0 for that of the runtime
   * @param reject whether there is to be no other
   */
  public static Frames.Body nack(
      Delivery delivery, String message, long retryAfterMillis, boolean reject) {
    return Frames.of(
        SubscribeClientMessage.newBuilder()
            .setNack(
                Nack.newBuilder()
                    .setDeliveryId(delivery.deliveryId)
                    .setErrorMessage(message)
                    .setEventId(ByteString.copyFromUtf8(eventId(delivery)))
                    .setLeaseToken(delivery.leaseToken)
                    .setRetryAfterMs(retryAfterMillis)
                    .setReject(reject))
            .build());
  }

  private static String eventId(Delivery delivery) {
    return delivery.envelope == null ? "" : delivery.envelope.id;
  }

  /**
   * Reads a {@code SubscribeServerMessage}.
   *
   * @return null if it is no delivery
   * @throws IOException if the bytes are not one
   */
  public static @Nullable Delivery readServerMessage(ByteBuf message) throws IOException {
    FieldReader in = new FieldReader(message);
    Delivery delivery = null;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == SubscribeServerMessage.DELIVERY_FIELD_NUMBER) {
        delivery = readDelivery(in.message());
      } else {
        in.skip();
      }
    }
    return delivery;
  }

  private static Delivery readDelivery(FieldReader in) throws IOException {
    String id = "";
    Envelope envelope = null;
    int attempt = 0;
    String lease = "";
    List<String> patterns = new ArrayList<>(1);
    for (int field = in.nextOrNumber(); field != 0; field = in.nextOrNumber()) {
      if (in.isNumber()) {
        attempt = field == EventDelivery.ATTEMPT_FIELD_NUMBER ? (int) in.number() : attempt;
        continue;
      }
      switch (field) {
        case EventDelivery.DELIVERY_ID_FIELD_NUMBER -> id = in.text();
        case EventDelivery.ENVELOPE_FIELD_NUMBER -> envelope = readEnvelope(in.message());
        case EventDelivery.LEASE_TOKEN_FIELD_NUMBER -> lease = in.text();
        case EventDelivery.MATCHED_PATTERNS_FIELD_NUMBER -> patterns.add(in.text());
        default -> in.skip();
      }
    }
    return new Delivery(id, envelope, attempt, lease, patterns);
  }

  private static Envelope readEnvelope(FieldReader in) throws IOException {
    String[] texts = new String[EventEnvelope.PAYLOAD_JSON_FIELD_NUMBER + 1];
    byte[] payload = NOTHING;
    long occurredAt = 0;
    Map<String, String> headers = Map.of();
    for (int field = in.nextOrNumber(); field != 0; field = in.nextOrNumber()) {
      if (in.isNumber()) {
        boolean time = field == EventEnvelope.OCCURRED_AT_UNIX_MS_FIELD_NUMBER;
        occurredAt = time ? in.number() : occurredAt;
      } else if (field == EventEnvelope.PAYLOAD_FIELD_NUMBER) {
        payload = in.bytes();
      } else if (field == EventEnvelope.HEADERS_FIELD_NUMBER) {
        headers = headers.isEmpty() ? new HashMap<>() : headers;
        readHeader(in.message(), headers);
      } else if (isText(field)) {
        texts[field] = in.text();
      } else {
        in.skip(); // the view is for the runtime; others are not known here, and need be no text
      }
    }
    return new Envelope(
        text(texts[EventEnvelope.ID_FIELD_NUMBER]),
        text(texts[EventEnvelope.NAME_FIELD_NUMBER]),
        payload,
        text(texts[EventEnvelope.CONTRACT_HASH_FIELD_NUMBER]),
        text(texts[EventEnvelope.PARTITION_KEY_FIELD_NUMBER]),
        text(texts[EventEnvelope.IDEMPOTENCY_KEY_FIELD_NUMBER]),
        Map.copyOf(headers),
        occurredAt,
        text(texts[EventEnvelope.X_SB_TRACE_FIELD_NUMBER]),
        NOTHING);
  }

  private static boolean isText(int field) {
    return switch (field) {
      case EventEnvelope.ID_FIELD_NUMBER,
          EventEnvelope.NAME_FIELD_NUMBER,
          EventEnvelope.CONTRACT_HASH_FIELD_NUMBER,
          EventEnvelope.PARTITION_KEY_FIELD_NUMBER,
          EventEnvelope.IDEMPOTENCY_KEY_FIELD_NUMBER,
          EventEnvelope.X_SB_TRACE_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }

  private static void readHeader(FieldReader in, Map<String, String> headers) throws IOException {
    String key = "";
    String value = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case KEY -> key = in.text();
        case VALUE -> value = in.text();
        default -> in.skip();
      }
    }
    headers.put(key, value);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  /** What writes itself. */
  @FunctionalInterface
  private interface Writer {
    void writeTo(ByteBuf out);
  }

  private record Written(int size, Writer writer) implements Frames.Body {
    @Override
    public void writeTo(ByteBuf out) {
      writer.writeTo(out);
    }
  }

  private static Frames.Body body(int size, Writer writer) {
    return new Written(size, writer);
  }
}
