package io.trestle.kernel.gateway;

import static io.trestle.kernel.gateway.TestMethods.ANYBODY;
import static io.trestle.kernel.gateway.TestMethods.CHAT;
import static io.trestle.kernel.gateway.TestMethods.RAW;
import static io.trestle.kernel.gateway.TestMethods.UNARY;
import static io.trestle.kernel.gateway.TestMethods.WATCH;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import io.trestle.Acceptance;
import io.trestle.kernel.gateway.RawConnection.Answer;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Each wrong input of foundation.md 4.4 gets its answer, and after it the connection it came on and
 * the one event loop of this listener serve as before.
 */
class GatewayHardeningTest {
  private static final String OK = "0";
  private static final String INVALID_ARGUMENT = "3";
  private static final String RESOURCE_EXHAUSTED = "8";
  private static final String UNIMPLEMENTED = "12";
  private static final List<String> ALL_KINDS = List.of(UNARY, RAW, WATCH, CHAT);
  private static GatewayFixture gateway;
  private static RawConnection connection;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
    connection = gateway.raw();
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
  }

  @AfterEach
  void connectionAndLoop_afterWrongInput_serveAsBefore() {
    assertThat(connection.call(UNARY, "after").grpcStatus()).isEqualTo(OK);
    gateway.serves();
    gateway.holdsNothing();
  }

  @Test
  @Acceptance("FL-24")
  void compressedMessage_withEncoding_isUnimplemented() {
    Buffer body = RawConnection.frame(1, gzip(StringValue.of("x").toByteArray()));
    for (String path : ALL_KINDS) {
      Answer answer = wrong(path, Map.of("grpc-encoding", "gzip"), body);
      assertThat(answer.grpcStatus()).as(path).isEqualTo(UNIMPLEMENTED);
    }
  }

  @Test
  @Acceptance("FL-24")
  void compressedMessage_withoutEncoding_isUnimplemented() {
    Buffer body = RawConnection.frame(1, gzip(StringValue.of("x").toByteArray()));
    for (String path : ALL_KINDS) {
      assertThat(wrong(path, Map.of(), body).grpcStatus()).as(path).isEqualTo(UNIMPLEMENTED);
    }
  }

  @Test
  @Acceptance("FL-24")
  void compressedMessage_beforeItsPayload_isRefusedAtOnce() {
    Buffer header = Buffer.buffer().appendByte((byte) 1).appendInt(1 << 20);
    for (String path : ALL_KINDS) {
      assertThat(unfinished(path, header).grpcStatus()).as(path).isEqualTo(UNIMPLEMENTED);
    }
  }

  @Test
  @Acceptance("FL-24")
  void contentTypes_otherThanGrpc_get415() {
    for (String type :
        List.of(
            "application/json",
            "application/grpc+json",
            "application/grpc-web",
            "application/grpc-web-text+proto",
            "application/grpcx",
            "text/plain",
            "")) {
      Answer answer = wrong(UNARY, Map.of("content-type", type), RawConnection.frame("x"));
      assertThat(answer.httpStatus()).as(type).isEqualTo(415);
    }
    Answer proto =
        connection.send(
            UNARY, Map.of("content-type", "application/grpc+proto"), RawConnection.frame("x"));
    assertThat(proto.grpcStatus()).isEqualTo(OK);
  }

  @Test
  void requests_otherThanPost_areAnswered() {
    RequestOptions get =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setURI(UNARY)
            .putHeader("content-type", "application/grpc");
    Answer answer =
        GatewayFixture.await(
            connection.onLoop(
                () ->
                    connection
                        .connection()
                        .request(get)
                        .compose(HttpClientRequest::send)
                        .compose(RawConnection::read)));
    assertThat(answer.httpStatus()).isEqualTo(405);
  }

  @Test
  @Acceptance("FL-24")
  void malformedFrames_ofEveryKind_endTheirStreamOnly() {
    byte[] message = StringValue.of("x").toByteArray();
    Map<String, Buffer> bodies =
        Map.of(
            "impossible flags", RawConnection.frame(2, message),
            "all flags", RawConnection.frame(255, message),
            "cut off in the header", Buffer.buffer(new byte[] {0, 0, 0}),
            "cut off in the payload", RawConnection.frame("some text").slice(0, 8),
            "garbage behind a message",
                RawConnection.frame("x").copy().appendBytes(new byte[] {0, 0, 1}));
    bodies.forEach(
        (what, body) -> {
          for (String path : ALL_KINDS) {
            assertThat(wrong(path, Map.of(), body).grpcStatus())
                .as("%s on %s", what, path)
                .isEqualTo(INVALID_ARGUMENT);
          }
        });
  }

  @Test
  @Acceptance("FL-24")
  void unaryCalls_withoutOrWithTwoMessages_areInvalid() {
    Buffer two = RawConnection.frame("one").copy().appendBuffer(RawConnection.frame("two"));
    for (String path : List.of(UNARY, RAW, WATCH)) {
      assertThat(wrong(path, Map.of(), Buffer.buffer()).grpcStatus())
          .as("none on %s", path)
          .isEqualTo(INVALID_ARGUMENT);
      assertThat(wrong(path, Map.of(), two).grpcStatus())
          .as("two on %s", path)
          .isEqualTo(INVALID_ARGUMENT);
    }
  }

  @Test
  @Acceptance("FL-24")
  void tooLargeMessage_isRefusedByItsHeader() {
    Buffer header =
        Buffer.buffer().appendByte((byte) 0).appendInt(MethodHandler.DEFAULT_MAX_REQUEST_BYTES + 1);
    for (String path : ALL_KINDS) {
      assertThat(unfinished(path, header).grpcStatus()).as(path).isEqualTo(RESOURCE_EXHAUSTED);
    }
    Buffer endless = Buffer.buffer().appendByte((byte) 0).appendInt(-1);
    assertThat(unfinished(UNARY, endless).grpcStatus()).isEqualTo(RESOURCE_EXHAUSTED);
  }

  @Test
  @Acceptance("FL-24")
  void methodWithSmallLimit_takesItExactlyAndNoMore() {
    String largest = "x".repeat(TestMethods.SMALL - 3);
    assertThat(StringValue.of(largest).getSerializedSize()).isEqualTo(TestMethods.SMALL);
    RawConnection stranger = gateway.raw(null);
    assertThat(stranger.call(ANYBODY, largest).grpcStatus()).isEqualTo(OK);
    assertThat(
            gateway
                .promptAfter(connection, () -> stranger.call(ANYBODY, largest + "x"))
                .grpcStatus())
        .isEqualTo(RESOURCE_EXHAUSTED);
    assertThat(stranger.call(ANYBODY, "x").grpcStatus()).isEqualTo(OK);
  }

  @Test
  void timeouts_thatDoNotParse_areInvalid() {
    for (String timeout : List.of("1", "S", "1x", "123456789S", "-1S", "1 S")) {
      Answer answer =
          connection.send(UNARY, Map.of("grpc-timeout", timeout), RawConnection.frame("x"));
      assertThat(answer.grpcStatus()).as(timeout).isEqualTo(INVALID_ARGUMENT);
    }
  }

  @Test
  void headers_ofSixteenKibibytes_pass_andMoreDoNot() {
    Answer fits =
        connection.send(UNARY, Map.of("x-filler", "x".repeat(15 << 10)), RawConnection.frame("x"));
    assertThat(fits.grpcStatus()).isEqualTo(OK);
    RawConnection other = gateway.raw();
    GatewayFixture.await(
        other
            .start(UNARY, Map.of("x-filler", "x".repeat(18 << 10)), RawConnection.frame("x"))
            .transform(
                result -> {
                  assertThat(result.failed() || result.result().httpStatus() != 200).isTrue();
                  return Future.succeededFuture();
                }));
  }

  @Test
  void clientWithoutAlpn_afterTheHandshake_isClosed() {
    NetClientOptions tls =
        new NetClientOptions()
            .setSsl(true)
            .setHostnameVerificationAlgorithm("")
            .setTrustOptions(Transport.trust(gateway.certificates.ca()));
    List<Throwable> unhandled = new CopyOnWriteArrayList<>();
    gateway.vertx.exceptionHandler(unhandled::add);
    NetClient client = gateway.vertx.createNetClient(tls);
    GatewayFixture.await(
        connection.onLoop(
            () ->
                client.connect(gateway.port(), "127.0.0.1").compose(GatewayHardeningTest::closed)));
    GatewayFixture.await(client.close());
    gateway.vertx.exceptionHandler(null);
    assertThat(unhandled).as("nothing for the log").isEmpty();
  }

  @Test
  void refusals_areCountedByReason() {
    double before = gateway.count(GatewayMetrics.REFUSED, "reason", "compressed");
    connection.send(UNARY, Map.of(), RawConnection.frame(1, new byte[] {1}));
    assertThat(gateway.count(GatewayMetrics.REFUSED, "reason", "compressed")).isEqualTo(before + 1);
  }

  private static Answer unfinished(String path, Buffer bytes) {
    return gateway.promptAfter(
        connection, () -> GatewayFixture.await(connection.unfinished(path, bytes)));
  }

  private static Answer wrong(String path, Map<String, String> headers, Buffer body) {
    return gateway.promptAfter(connection, () -> connection.send(path, headers, body));
  }

  private static Future<Void> closed(NetSocket socket) {
    Promise<Void> closed = Promise.promise();
    socket.closeHandler(v -> closed.tryComplete());
    return closed.future();
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(packed)) {
      zip.write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return packed.toByteArray();
  }
}
