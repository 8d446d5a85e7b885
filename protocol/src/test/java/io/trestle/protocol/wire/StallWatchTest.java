package io.trestle.protocol.wire;

import static io.trestle.protocol.transport.Loopback.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.Loopback;
import io.trestle.protocol.transport.TestCertificates;
import io.trestle.protocol.transport.TlsEngine;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Callers that begin and do not go on. */
@ExtendWith(NoLeaks.class)
@Timeout(60)
class StallWatchTest {
  private static final int LARGE = 8 << 20;
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final TestCertificates certificates = TestCertificates.create();
  private final List<String> ends = new CopyOnWriteArrayList<>();
  private Vertx vertx;
  private int port;
  private HttpClient client;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
    client =
        vertx.createHttpClient(Transport.clientOptions(certificates.runtime(), certificates.ca()));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  @Test
  void requestThatDoesNotEnd_isGivenUp() throws Exception {
    serve(new StallWatch.Bounds(Duration.ofMillis(200), Duration.ofMinutes(1), MINUTE));
    HttpClientRequest request = await(request());
    await(request.setChunked(true).sendHead());

    HttpClientResponse response = await(request.response());
    assertThat(response.getHeader("grpc-status")).isEqualTo("4");
    assertThat(ends).containsExactly("stalled");
  }

  @Test
  void answerThatIsNotTaken_isGivenUp() throws Exception {
    serve(new StallWatch.Bounds(Duration.ofMillis(200), Duration.ofMillis(300), MINUTE));
    HttpClientRequest request = await(request());
    Promise<Throwable> broken = Promise.promise();
    request.response().onSuccess(r -> r.pause().exceptionHandler(broken::tryComplete));
    await(request.end());

    assertThat(await(broken.future())).hasMessageContaining("reset");
  }

  @Test
  void requestThatHasEnded_mayWaitForItsAnswer() throws Exception {
    serve(new StallWatch.Bounds(Duration.ofMillis(50), Duration.ofMinutes(1), MINUTE));
    Future<HttpClientResponse> held = await(request("/held")).send();
    HttpClientRequest slow = await(request());
    await(slow.setChunked(true).sendHead());

    await().until(() -> ends.contains("stalled")); // the other one, so somebody has looked
    assertThat(ends).containsExactly("stalled");
    assertThat(held.isComplete()).isFalse();
  }

  @Test
  void streamThatIsNotRead_isGivenUp_andItsHandlerHearsOfIt() throws Exception {
    serve(new StallWatch.Bounds(Duration.ofMillis(200), MINUTE, Duration.ofMillis(300)));
    HttpClientRequest request = await(request("/endless"));
    Promise<Throwable> broken = Promise.promise();
    request.response().onSuccess(r -> r.pause().exceptionHandler(broken::tryComplete));
    await(request.end());

    assertThat(await(broken.future())).hasMessageContaining("reset");
    await().until(() -> !ends.isEmpty());
    assertThat(ends).containsExactly("reset");
  }

  @Test
  void streamInWhichNothingWaits_mayBeOpenAsLongAsItLikes() throws Exception {
    serve(new StallWatch.Bounds(Duration.ofMillis(400), MINUTE, Duration.ofMillis(300)));
    Future<HttpClientResponse> read = await(request("/one")).send();
    HttpClientRequest slow = await(request());
    await(slow.setChunked(true).sendHead());
    Promise<Void> ended = Promise.promise();
    await(read).exceptionHandler(ended::tryFail).endHandler(ended::tryComplete);

    await().until(() -> ends.contains("stalled")); // the other one, so somebody has looked
    assertThat(ends).containsExactly("stalled");
    assertThat(ended.future().isComplete()).isFalse();
  }

  private Future<HttpClientRequest> request() {
    return request("/any");
  }

  private Future<HttpClientRequest> request(String path) {
    return client.request(HttpMethod.POST, port, "127.0.0.1", path);
  }

  private void serve(StallWatch.Bounds bounds) throws Exception {
    Lane lane = Lane.create(vertx);
    Promise<HttpServer> bound = Promise.promise();
    lane.execute(
        () ->
            vertx
                .createHttpServer(
                    Loopback.options(TlsEngine.best(), certificates, certificates.runtime()))
                .connectionHandler(
                    c ->
                        WireStreams.serve(
                            lane,
                            c,
                            bounds,
                            (stream, headers) -> new Ear(stream, headers.path().toString())))
                .requestHandler(request -> request.response().reset())
                .listen(0, "127.0.0.1")
                .onComplete(bound));
    port = await(bound.future()).actualPort();
  }

  /**
   * Answers a request that has ended with more than the caller's window takes; unless it is held,
   * or asks for a stream without end.
   */
  private final class Ear implements WireStream.Listener {
    private final WireStream stream;
    private final String path;

    Ear(WireStream stream, String path) {
      this.stream = stream;
      this.path = path;
    }

    @Override
    public void onHeaders(Http2Headers headers, boolean end) {
      if (end) {
        answer();
      }
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      if (end) {
        answer();
      }
    }

    private void answer() {
      switch (path) {
        case "/held" -> {}
        case "/one" -> say(1);
        case "/endless" -> say(LARGE);
        default -> answerAll();
      }
    }

    private void say(int bytes) {
      stream.headers(GrpcHeaders.head(), false);
      stream.data(stream.encode(Caller.outgoing(new byte[bytes]).body()), () -> {});
      stream.flush();
    }

    private void answerAll() {
      stream.headers(GrpcHeaders.head(), false);
      stream.data(stream.encode(body()), false);
      stream.headers(GrpcHeaders.good(), true);
      stream.finish();
    }

    private Frames.Body body() {
      return Caller.outgoing(new byte[LARGE]).body();
    }

    @Override
    public void onReset(long code) {
      ends.add("reset");
    }

    @Override
    public void onLost() {
      ends.add("lost");
    }

    @Override
    public void onStalled() {
      ends.add("stalled");
      stream.headers(GrpcHeaders.only(CallStatus.of(StatusCode.DEADLINE_EXCEEDED, "late")), true);
      stream.finish();
    }
  }
}
