package io.trestle.sdk.internal.wire;

import static io.netty.buffer.Unpooled.wrappedBuffer;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.trestle.Fuzz;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.EventDelivery;
import io.trestle.protocol.v1.EventEnvelope;
import io.trestle.protocol.v1.SubscribeServerMessage;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** The messages read by hand take what the generated classes take, and refuse what they refuse. */
class MessagesFuzzTest {
  private static final List<byte[]> REQUESTS =
      List.of(
          CallRequest.newBuilder()
              .setMethod("Place")
              .setPayload(ByteString.copyFromUtf8("payload"))
              .setCallerService("0197a0b1-2c3d-7e4f-8a5b-6c7d8e9f0a1b")
              .setRequestId("r-1")
              .setIdempotencyKey("grüße 🚂")
              .setXSbTrace("t")
              .build()
              .toByteArray(),
          new byte[0]);
  private static final List<byte[]> RESPONSES =
      List.of(
          CallResponse.newBuilder()
              .setPayload(ByteString.copyFromUtf8("payload"))
              .build()
              .toByteArray(),
          CallResponse.newBuilder()
              .setErrorCode("SOLD_OUT")
              .setErrorMessage("kein Tee für dich")
              .build()
              .toByteArray());
  private static final List<byte[]> DELIVERIES =
      List.of(
          SubscribeServerMessage.newBuilder()
              .setDelivery(
                  EventDelivery.newBuilder()
                      .setDeliveryId("d-1")
                      .setAttempt(2)
                      .setLeaseToken("l-1")
                      .addMatchedPatterns("order.*")
                      .addMatchedPatterns("#")
                      .setEnvelope(
                          EventEnvelope.newBuilder()
                              .setId("e-1")
                              .setName("order.placed")
                              .setPayload(ByteString.copyFromUtf8("payload"))
                              .setPayloadJson(ByteString.copyFromUtf8("{}"))
                              .setContractHash("v2:ab")
                              .setPartitionKey("k")
                              .setIdempotencyKey("i")
                              .putHeaders("tenant", "t-1")
                              .putHeaders("", "é")
                              .setOccurredAtUnixMs(1_700_000_000_000L)
                              .setXSbTrace("t")))
              .build()
              .toByteArray(),
          new byte[0]);

  @Property(tries = Fuzz.TRIES)
  void requests_areThoseOfTheGeneratedClass(@ForAll Random random) {
    Fuzz.bytes(
        random,
        REQUESTS,
        input -> {
          CallRequest theirs = theirs(CallRequest.getDefaultInstance(), input);
          assertThat(request(input)).isEqualTo(theirs);
        });
  }

  private static @Nullable CallRequest request(byte[] input) {
    try {
      CallMessages.Request ours = CallMessages.readCallRequest(wrappedBuffer(input));
      return CallRequest.newBuilder()
          .setMethod(ours.method())
          .setPayload(ByteString.copyFrom(ours.payload()))
          .setCallerService(ours.callerService())
          .setRequestId(ours.requestId())
          .setIdempotencyKey(ours.idempotencyKey())
          .setXSbTrace(ours.trace())
          .build();
    } catch (IOException e) {
      return null;
    }
  }

  /** The known fields as the generated class reads them; null if it does not. */
  @SuppressWarnings("unchecked") // a message is built by its own builder
  private static <T extends Message> @Nullable T theirs(T type, byte[] input) {
    CodedInputStream in = Fuzz.strictly(input);
    try {
      Message.Builder read = type.newBuilderForType().mergeFrom(in);
      in.checkLastTagWas(0);
      return (T) read.setUnknownFields(UnknownFieldSet.getDefaultInstance()).build();
    } catch (IOException e) {
      return null;
    }
  }

  @Property(tries = Fuzz.TRIES)
  void responses_areThoseOfTheGeneratedClass(@ForAll Random random) {
    Fuzz.bytes(
        random,
        RESPONSES,
        input -> {
          CallResponse theirs = theirs(CallResponse.getDefaultInstance(), input);
          assertThat(response(input)).isEqualTo(theirs);
        });
  }

  private static @Nullable CallResponse response(byte[] input) {
    try {
      CallMessages.Response ours = CallMessages.readResponse(wrappedBuffer(input));
      return CallResponse.newBuilder()
          .setPayload(ByteString.copyFrom(ours.payload()))
          .setErrorCode(ours.errorCode())
          .setErrorMessage(ours.errorMessage())
          .build();
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Where a part is there twice, protobuf merges the two and ours takes the last: both are read.
   */
  @Property(tries = Fuzz.TRIES)
  void deliveries_areThoseOfTheGeneratedClass(@ForAll Random random) {
    Fuzz.bytes(
        random,
        DELIVERIES,
        input -> {
          SubscribeServerMessage theirs =
              theirs(SubscribeServerMessage.getDefaultInstance(), input);
          assertThat(isRefused(input)).isEqualTo(theirs == null);
          if (theirs == null) {
            return;
          }
          EventMessages.Delivery ours =
              EventMessages.readServerMessage(wrappedBuffer(theirs.toByteArray()));
          assertThat(ours != null).isEqualTo(theirs.hasDelivery());
          if (ours != null) {
            assertSame(ours, theirs.getDelivery());
          }
        });
  }

  private static boolean isRefused(byte[] input) {
    try {
      EventMessages.Delivery unused = EventMessages.readServerMessage(wrappedBuffer(input));
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static void assertSame(EventMessages.Delivery ours, EventDelivery theirs) {
    assertThat(ours.deliveryId()).isEqualTo(theirs.getDeliveryId());
    assertThat(ours.attempt()).isEqualTo(theirs.getAttempt());
    assertThat(ours.leaseToken()).isEqualTo(theirs.getLeaseToken());
    assertThat(ours.matchedPatterns()).isEqualTo(theirs.getMatchedPatternsList());
    EventMessages.Envelope envelope = ours.envelope();
    assertThat(envelope != null).isEqualTo(theirs.hasEnvelope());
    if (envelope != null) {
      EventEnvelope other = theirs.getEnvelope();
      assertThat(envelope.id()).isEqualTo(other.getId());
      assertThat(envelope.name()).isEqualTo(other.getName());
      assertThat(envelope.payload()).isEqualTo(other.getPayload().toByteArray());
      assertThat(envelope.contractHash()).isEqualTo(other.getContractHash());
      assertThat(envelope.partitionKey()).isEqualTo(other.getPartitionKey());
      assertThat(envelope.idempotencyKey()).isEqualTo(other.getIdempotencyKey());
      assertThat(envelope.headers()).isEqualTo(other.getHeadersMap());
      assertThat(envelope.occurredAtMillis()).isEqualTo(other.getOccurredAtUnixMs());
      assertThat(envelope.trace()).isEqualTo(other.getXSbTrace());
    }
  }
}
