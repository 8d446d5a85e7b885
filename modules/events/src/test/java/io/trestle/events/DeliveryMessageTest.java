package io.trestle.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trestle.conversations.Events.Delivery;
import io.trestle.conversations.Events.Event;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.SubscribeServerMessage;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What is written by hand is what generated code would write, and reads as it. */
class DeliveryMessageTest {
  private static final String EPOCH = DeliveryTokens.prefix(7);

  @Property(tries = 300)
  void frame_anyDelivery_isTheMessage(
      @ForAll("texts") String text,
      @ForAll byte[] payload,
      @ForAll int attempt,
      @ForAll long number,
      @ForAll("headers") Map<String, String> headers,
      @ForAll("patterns") List<String> patterns)
      throws InvalidProtocolBufferException {
    Event event =
        new Event(
            "id-" + text, "a.b", payload, text, text + "k", "", headers, number, "", new byte[0]);
    Delivery delivery =
        new Delivery(new UUID(number, attempt), event, attempt, number, patterns, text);

    Buffer frame = DeliveryMessage.frame(delivery, EPOCH);

    assertThat(frame.getByte(0)).isZero();
    assertThat(frame.getInt(1)).isEqualTo(frame.length() - 5);
    assertThat(SubscribeServerMessage.parseFrom(frame.getBytes(5, frame.length())))
        .isEqualTo(expected(delivery));
  }

  private static SubscribeServerMessage expected(Delivery d) {
    Event e = d.event();
    return SubscribeServerMessage.newBuilder()
        .setDelivery(
            EventDelivery.newBuilder()
                .setDeliveryId(d.id().toString())
                .setEnvelope(
                    EventEnvelope.newBuilder()
                        .setId(e.id())
                        .setName(e.name())
                        .setPayload(ByteString.copyFrom(e.payload()))
                        .setContractHash(e.contractHash())
                        .setPartitionKey(e.partitionKey())
                        .putAllHeaders(e.headers())
                        .setOccurredAtUnixMs(e.occurredAtMillis())
                        .setXSbTrace(d.trace()))
                .setAttempt(d.attempt())
                .setLeaseToken(DeliveryTokens.text(EPOCH, d.token()))
                .addAllMatchedPatterns(d.patterns()))
        .build();
  }

  /** Without lone surrogates, which are no text. */
  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("", "x", "\u00e4\u20ac", "\ud83d\ude00 done", "y".repeat(300));
  }

  @Provide
  Arbitrary<Map<String, String>> headers() {
    return Arbitraries.maps(texts(), texts()).ofMaxSize(4);
  }

  @Provide
  Arbitrary<List<String>> patterns() {
    return Arbitraries.of("a.*", "#", "p".repeat(200)).list().ofMaxSize(3);
  }
}
