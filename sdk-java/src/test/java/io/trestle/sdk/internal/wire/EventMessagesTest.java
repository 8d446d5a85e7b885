package io.trestle.sdk.internal.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.PublishRequest;
import io.trestle.protocol.v1.SubscribeClientMessage;
import io.trestle.protocol.v1.SubscribeServerMessage;
import io.trestle.protocol.wire.Frames;
import io.trestle.sdk.internal.wire.EventMessages.Delivery;
import io.trestle.sdk.internal.wire.EventMessages.Envelope;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What is written by hand is what the generated classes read, and the reverse. */
class EventMessagesTest {

  @Property(tries = 300)
  void envelope_isThatOfTheGeneratedClass(@ForAll("texts") List<String> t, @ForAll long time)
      throws Exception {
    Envelope event = envelope(t, time);
    byte[] written = EventMessages.envelope(event);
    assertThat(EventEnvelope.parseFrom(written)).isEqualTo(generated(event));
    Frames.Body body = EventMessages.publishRequest(List.of(written, written));
    assertThat(PublishRequest.parseFrom(bytes(body)))
        .isEqualTo(
            PublishRequest.newBuilder()
                .addEvents(generated(event))
                .addEvents(generated(event))
                .build());
  }

  @Property(tries = 300)
  void delivery_isReadAsTheGeneratedClassWroteIt(
      @ForAll("texts") List<String> t, @ForAll long time, @ForAll int attempt) throws Exception {
    Envelope event = envelope(t, time);
    EventDelivery sent =
        EventDelivery.newBuilder()
            .setDeliveryId(t.get(0))
            .setEnvelope(generated(event))
            .setAttempt(attempt)
            .setLeaseToken(t.get(1))
            .addMatchedPatterns(t.get(2))
            .addMatchedPatterns("order.#")
            .build();
    Delivery read =
        read(SubscribeServerMessage.newBuilder().setDelivery(sent).build().toByteArray());
    assertThat(read.deliveryId()).isEqualTo(sent.getDeliveryId());
    assertThat(read.attempt()).isEqualTo(attempt);
    assertThat(read.leaseToken()).isEqualTo(sent.getLeaseToken());
    assertThat(read.matchedPatterns()).isEqualTo(sent.getMatchedPatternsList());
    assertThat(read.envelope())
        .usingRecursiveComparison()
        .ignoringFields("payloadJson")
        .isEqualTo(event);
  }

  @Property(tries = 100)
  void answers_areThoseOfTheGeneratedClasses(@ForAll("texts") List<String> t) throws Exception {
    Envelope event = envelope(t, 1);
    Delivery delivery = new Delivery(t.get(3), event, 1, t.get(4), List.of());
    SubscribeClientMessage ack =
        SubscribeClientMessage.parseFrom(bytes(EventMessages.ack(delivery)));
    assertThat(ack.hasAck()).isTrue();
    assertThat(ack.getAck().getDeliveryId()).isEqualTo(t.get(3));
    assertThat(ack.getAck().getLeaseToken()).isEqualTo(t.get(4));
    assertThat(ack.getAck().getEventId()).isEqualTo(ByteString.copyFromUtf8(event.id()));
    SubscribeClientMessage nack =
        SubscribeClientMessage.parseFrom(bytes(EventMessages.nack(delivery, t.get(5), 3, true)));
    assertThat(nack.getNack().getErrorMessage()).isEqualTo(t.get(5));
    assertThat(nack.getNack().getRetryAfterMs()).isEqualTo(3);
    assertThat(nack.getNack().getReject()).isTrue();
  }

  @Property(tries = 300)
  void anyBytes_areReadOrRefused(@ForAll byte[] bytes) {
    try {
      Delivery unused = EventMessages.readServerMessage(Unpooled.wrappedBuffer(bytes));
    } catch (IOException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
    assertThatThrownBy(
            () -> EventMessages.readServerMessage(Unpooled.wrappedBuffer(new byte[] {10, 9, 1})))
        .isInstanceOf(IOException.class);
  }

  @Test
  void unknownFieldOfAnEnvelope_needNotBeText() throws Exception {
    int reserved = 7;
    UnknownFieldSet.Field bytes =
        UnknownFieldSet.Field.newBuilder()
            .addLengthDelimited(ByteString.copyFrom(new byte[] {(byte) 0xff}))
            .build();
    EventEnvelope sent =
        EventEnvelope.newBuilder()
            .setName("order.placed")
            .setUnknownFields(UnknownFieldSet.newBuilder().addField(reserved, bytes).build())
            .build();

    Delivery read =
        read(
            SubscribeServerMessage.newBuilder()
                .setDelivery(EventDelivery.newBuilder().setEnvelope(sent))
                .build()
                .toByteArray());

    assertThat(Objects.requireNonNull(read.envelope()).name()).isEqualTo("order.placed");
  }

  @Provide
  Arbitrary<List<String>> texts() {
    return Arbitraries.strings()
        .withChars("aé€")
        .withChars(' ', '~')
        .ofMaxLength(200)
        .list()
        .ofSize(8);
  }

  private static Envelope envelope(List<String> t, long time) {
    return new Envelope(
        t.get(0),
        t.get(1),
        t.get(2).getBytes(UTF_8),
        t.get(3),
        t.get(4),
        t.get(5),
        t.get(6).isEmpty() ? Map.of() : Map.of(t.get(6), t.get(7), "empty", ""),
        time,
        t.get(6),
        t.get(7).getBytes(UTF_8));
  }

  private static EventEnvelope generated(Envelope event) {
    return EventEnvelope.newBuilder()
        .setId(event.id())
        .setName(event.name())
        .setPayload(ByteString.copyFrom(event.payload()))
        .setContractHash(event.contractHash())
        .setPartitionKey(event.partitionKey())
        .setIdempotencyKey(event.idempotencyKey())
        .putAllHeaders(event.headers())
        .setOccurredAtUnixMs(event.occurredAtMillis())
        .setXSbTrace(event.trace())
        .setPayloadJson(ByteString.copyFrom(event.payloadJson()))
        .build();
  }

  private static Delivery read(byte[] bytes) throws IOException {
    return Objects.requireNonNull(
        EventMessages.readServerMessage(Unpooled.wrappedBuffer(bytes)), "no delivery");
  }

  private static byte[] bytes(Frames.Body body) throws IOException {
    ByteBuf out = Unpooled.buffer(body.size());
    body.writeTo(out);
    assertThat(out.readableBytes()).isEqualTo(body.size());
    return Arrays.copyOf(out.array(), out.readableBytes());
  }
}
