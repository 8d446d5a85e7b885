package io.trestle.sdk.internal.wire;

import static io.netty.buffer.Unpooled.wrappedBuffer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.wire.Frames;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.ByteRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The hand-written codec against the generated classes. */
class CallMessagesTest {

  @Property(tries = 300)
  void requests_areTheBytesOfTheGeneratedClasses(
      @ForAll String method,
      @ForAll byte[] payload,
      @ForAll String key,
      @ForAll @Size(max = 3) List<String> excluded)
      throws IOException {
    CallMessages.Request request =
        new CallMessages.Request(clean(method), payload, "caller", "id", clean(key), "trace");
    List<String> ids = excluded.stream().map(id -> "i" + clean(id)).toList();

    byte[] call = body(CallMessages.callRequest(request));
    String hash = clean(key);
    byte[] invoke = body(CallMessages.invokeRequest(request, "target", hash, ids));

    assertThat(CallRequest.parseFrom(call))
        .isEqualTo(
            CallRequest.newBuilder()
                .setMethod(request.method())
                .setPayload(ByteString.copyFrom(payload))
                .setCallerService("caller")
                .setRequestId("id")
                .setIdempotencyKey(request.idempotencyKey())
                .setXSbTrace("trace")
                .build());
    assertThat(InvokeRequest.parseFrom(invoke))
        .isEqualTo(
            InvokeRequest.newBuilder()
                .setTargetServiceId("target")
                .setMethod(request.method())
                .setPayload(ByteString.copyFrom(payload))
                .setRequestId("id")
                .setIdempotencyKey(request.idempotencyKey())
                .setXSbTrace("trace")
                .setContractHash(ByteString.copyFromUtf8(hash))
                .addAllExcludeInstanceIds(ids)
                .build());
    assertThat(CallMessages.readCallRequest(wrappedBuffer(call)))
        .usingRecursiveComparison()
        .isEqualTo(request);
  }

  @Property(tries = 300)
  void responses_areTheBytesOfTheGeneratedClasses(
      @ForAll byte[] payload, @ForAll String code, @ForAll String text) throws IOException {
    CallMessages.Response response = new CallMessages.Response(payload, clean(code), clean(text));

    byte[] bytes = body(CallMessages.response(response));

    assertThat(CallResponse.parseFrom(bytes).toByteArray()).isEqualTo(bytes);
    assertThat(CallMessages.readResponse(wrappedBuffer(bytes)))
        .usingRecursiveComparison()
        .isEqualTo(response);
  }

  @Test
  void unknownFields_areIgnored() throws IOException {
    byte[] bytes =
        CallRequest.newBuilder()
            .setMethod("m")
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .addField(
                        98,
                        UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(ByteString.copyFromUtf8("x"))
                            .build())
                    .build())
            .build()
            .toByteArray();

    assertThat(CallMessages.readCallRequest(wrappedBuffer(bytes)).method()).isEqualTo("m");
  }

  @Test
  void truncatedMessage_doesNotDecode() {
    byte[] bytes = {0x0a, 0x05, 'a'};
    assertThatThrownBy(() -> CallMessages.readCallRequest(wrappedBuffer(bytes)))
        .isInstanceOf(IOException.class);
  }

  @Property(tries = 2000)
  void anyBytes_areReadAsTheGeneratedClassesReadThem(
      @ForAll @Size(max = 24) List<@ByteRange(min = 0, max = 127) Byte> bytes,
      @ForAll @Size(max = 4) byte[] tail)
      throws IOException {
    ByteBuf message = Unpooled.buffer();
    bytes.forEach(b -> message.writeByte(b % 48)); // small numbers make plausible tags and lengths
    message.writeBytes(tail);
    CallRequest expected;
    try {
      expected = CallRequest.parseFrom(ByteBufUtil.getBytes(message));
    } catch (IOException e) {
      assertThatThrownBy(() -> CallMessages.readCallRequest(message))
          .isInstanceOf(IOException.class);
      return;
    }
    CallMessages.Request read = CallMessages.readCallRequest(message);
    assertThat(read.method()).isEqualTo(expected.getMethod());
    assertThat(read.payload()).isEqualTo(expected.getPayload().toByteArray());
    assertThat(read.trace()).isEqualTo(expected.getXSbTrace());
  }

  private static byte[] body(Frames.Body body) throws IOException {
    ByteBuf out = Unpooled.buffer();
    body.writeTo(out);
    assertThat(out.readableBytes()).isEqualTo(body.size());
    return ByteBufUtil.getBytes(out);
  }

  /** Protobuf strings are valid UTF-8, which lone surrogates are not. */
  private static String clean(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints().filter(c -> c < 0xd800 || c > 0xdfff).forEach(out::appendCodePoint);
    return out.toString();
  }
}
