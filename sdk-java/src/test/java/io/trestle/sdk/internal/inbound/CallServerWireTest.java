package io.trestle.sdk.internal.inbound;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.sdk.internal.call.TestFleet;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the Call server answers to clients that are not ours. */
class CallServerWireTest {
  private static final byte[] REQUEST =
      CallRequest.newBuilder().setMethod("echo").build().toByteArray();
  private static final Buffer ECHO =
      Buffer.buffer().appendByte((byte) 0).appendInt(REQUEST.length).appendBytes(REQUEST);

  private final TestFleet fleet = new TestFleet();
  private final TestFleet.Callee callee = fleet.callee();
  private final TestFleet.Client client = fleet.client();

  /** An answer, read to its end. */
  private record Answer(int http, String status, String message, String trailer) {}

  @BeforeEach
  void listen() throws Exception {
    callee.handlers.add("echo", (p, c) -> p);
    callee.listen().ready();
  }

  @AfterEach
  void close() throws Exception {
    fleet.close();
  }

  @Test
  void goodCall_isOk() throws Exception {
    assertThat(send(Methods.CALL_UNARY.path(), "application/grpc+proto", ECHO).status())
        .isEqualTo("0");
  }

  @Test
  void otherContentType_is415_andTheConnectionLives() throws Exception {
    assertThat(send(Methods.CALL_UNARY.path(), "application/grpc+json", ECHO).http())
        .isEqualTo(415);
    goodCall_isOk();
  }

  @Test
  void compressedMessage_isUnimplemented() throws Exception {
    Buffer compressed = Buffer.buffer().appendByte((byte) 1).appendInt(3).appendString("abc");
    assertThat(send(Methods.CALL_UNARY.path(), "application/grpc", compressed).status())
        .isEqualTo("12");
    goodCall_isOk();
  }

  @Test
  void malformedRequest_isInvalidArgument() throws Exception {
    Buffer garbage = Buffer.buffer().appendByte((byte) 0).appendInt(3).appendString("\n\7a");
    Answer answer = send(Methods.CALL_UNARY.path(), "application/grpc", garbage);
    assertThat(answer.status()).isEqualTo("3");
    assertThat(answer.message()).isEqualTo("malformed request");
  }

  @Test
  void truncatedFrame_isAnswered() throws Exception {
    assertThat(send(Methods.CALL_UNARY.path(), "application/grpc", Buffer.buffer("ab")).status())
        .isEqualTo("13");
  }

  @Test
  void unknownPath_isUnimplemented() throws Exception {
    assertThat(send("/servicebridge.v1.Call/Other", "application/grpc", ECHO).status())
        .isEqualTo("12");
  }

  @Test
  void unaryMethodCalledAsStream_isFailedPrecondition() throws Exception {
    assertThat(send(Methods.CALL_STREAM.path(), "application/grpc", ECHO).status()).isEqualTo("9");
  }

  @Test
  void refusalWhileDraining_carriesTheProof() throws Exception {
    TestFleet.await(callee.server.drain());
    Answer answer = send(Methods.CALL_UNARY.path(), "application/grpc", ECHO);
    assertThat(answer.status()).isEqualTo("14");
    assertThat(answer.trailer()).isEqualTo("1");
  }

  @Test
  void refusalWhileDraining_doesNotWaitForTheRequest() throws Exception {
    TestFleet.await(callee.server.drain());
    Answer answer =
        TestFleet.await(
            client.exchange(
                options(callee, Methods.CALL_UNARY.path(), "application/grpc"),
                request ->
                    request.setChunked(true).sendHead().compose(written -> request.response()),
                CallServerWireTest::read));
    assertThat(answer.status()).isEqualTo("14");
    assertThat(answer.trailer()).isEqualTo("1");
  }

  @Test
  @Acceptance("RPC-24")
  void requestsThatHoldTooMuchMemory_areRefusedWithTheTrailer_untilSomeIsFree() throws Exception {
    TestFleet.Callee small = fleet.callee(new CallServer.Limits(8, 8, 64 << 10));
    CompletableFuture<byte[]> release = new CompletableFuture<>();
    small.handlers.addAsync("wait", (payload, context) -> release);
    small.handlers.add("echo", (payload, context) -> payload);
    small.listen().ready();
    Future<Answer> held = send(small, message("wait", 40 << 10));
    await().until(() -> small.server.running() == 1);

    Answer refused = TestFleet.await(send(small, message("echo", 40 << 10)));
    assertThat(refused.status()).isEqualTo("8");
    assertThat(refused.trailer()).isEqualTo("1");
    assertThat(TestFleet.await(send(small, message("echo", 4 << 10))).status()).isEqualTo("0");

    release.complete(new byte[0]);
    assertThat(TestFleet.await(held).status()).isEqualTo("0");
    assertThat(TestFleet.await(send(small, message("echo", 40 << 10))).status()).isEqualTo("0");
  }

  private static Buffer message(String method, int bytes) {
    byte[] request =
        CallRequest.newBuilder()
            .setMethod(method)
            .setPayload(ByteString.copyFrom(new byte[bytes]))
            .build()
            .toByteArray();
    return Buffer.buffer().appendByte((byte) 0).appendInt(request.length).appendBytes(request);
  }

  private Future<Answer> send(TestFleet.Callee to, Buffer body) {
    return client.exchange(
        options(to, Methods.CALL_UNARY.path(), "application/grpc"),
        r -> r.send(body),
        CallServerWireTest::read);
  }

  private static RequestOptions options(TestFleet.Callee to, String path, String contentType) {
    return new RequestOptions()
        .setMethod(HttpMethod.POST)
        .setHost("127.0.0.1")
        .setPort(to.port)
        .setURI(path)
        .putHeader("content-type", contentType)
        .putHeader("te", "trailers");
  }

  private Answer send(String path, String contentType, Buffer body) throws Exception {
    return TestFleet.await(
        client.exchange(
            options(callee, path, contentType), r -> r.send(body), CallServerWireTest::read));
  }

  private static Future<Answer> read(HttpClientResponse response) {
    return response
        .body()
        .map(
            body ->
                new Answer(
                    response.statusCode(),
                    find(response, "grpc-status"),
                    find(response, "grpc-message"),
                    find(response, "x-sb-not-dispatched")));
  }

  private static String find(HttpClientResponse response, String name) {
    String trailer = response.trailers().get(name);
    String header = response.getHeader(name);
    String found = trailer != null ? trailer : header != null ? header : "";
    return new String(found.getBytes(UTF_8), UTF_8).replace("%20", " ");
  }
}
