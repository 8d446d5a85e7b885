package io.trestle.kernel.gateway;

import com.google.protobuf.StringValue;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.Transport;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection on which everything may be sent, right or wrong. Requests run on the event
 * loop of the connection; from another one the client may see the end of an answer before its head.
 */
final class RawConnection implements AutoCloseable {
  private final HttpClientAgent client;
  private final Context loop;
  private final HttpClientConnection connection;
  private final Future<Void> closed;

  private RawConnection(Context loop, HttpClientAgent client, HttpClientConnection connection) {
    this.loop = loop;
    this.client = client;
    this.connection = connection;
    Promise<Void> promise = Promise.promise();
    connection.closeHandler(v -> promise.tryComplete());
    connection.exceptionHandler(e -> {});
    this.closed = promise.future();
  }

  /** What came back. */
  record Answer(
      int httpStatus, @Nullable String grpcStatus, @Nullable String message, Buffer body) {}

  static RawConnection open(
      Vertx vertx, int port, @Nullable Identity identity, X509Certificate ca) {
    return GatewayFixture.await(tryOpen(vertx, port, identity, ca));
  }

  /** Completes when the server has accepted the connection. */
  static Future<RawConnection> tryOpen(
      Vertx vertx, int port, @Nullable Identity identity, X509Certificate ca) {
    HttpClientOptions options = Transport.clientOptions(identity, ca);
    HttpClientAgent client = vertx.createHttpClient(options);
    HttpConnectOptions target = new HttpConnectOptions().setHost("127.0.0.1").setPort(port);
    Context loop = vertx.getOrCreateContext();
    return on(
        loop,
        () ->
            client.connect(target).map(connection -> new RawConnection(loop, client, connection)));
  }

  HttpClientConnection connection() {
    return connection;
  }

  Future<Void> closed() {
    return closed;
  }

  /** A request with the headers of gRPC. */
  HttpClientRequest request(String path) {
    return GatewayFixture.await(onLoop(() -> open(path, Map.of())));
  }

  /** A ping with any bytes. */
  Future<Buffer> ping() {
    return onLoop(() -> connection.ping(Buffer.buffer(new byte[8])));
  }

  /** Sends these bytes, does not end, and waits for the answer. */
  Future<Answer> unfinished(String path, Buffer bytes) {
    return onLoop(
        () ->
            open(path, Map.of())
                .compose(
                    request -> {
                      request.write(bytes).onFailure(e -> {});
                      return request.response();
                    })
                .compose(RawConnection::read));
  }

  /**
   * Sends one message and ends; completes with the head of the answer, whose rest is not read
   * before it is resumed. Paused here, since a thread of a test could come after all of it has been
   * read.
   */
  HttpClientResponse paused(String path, String text) {
    return GatewayFixture.await(
        onLoop(
            () ->
                open(path, Map.of())
                    .compose(request -> request.send(frame(text)))
                    .map(
                        response -> {
                          response.pause();
                          return response;
                        })));
  }

  <T> Future<T> onLoop(Supplier<Future<T>> action) {
    return on(loop, action);
  }

  private static <T> Future<T> on(Context loop, Supplier<Future<T>> action) {
    Promise<T> promise = Promise.promise();
    loop.runOnContext(v -> action.get().onComplete(promise));
    return promise.future();
  }

  /** A request whose headers are those of gRPC, some of them replaced. An empty value removes. */
  private Future<HttpClientRequest> open(String path, Map<String, String> headers) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setURI(path)
            .putHeader("content-type", "application/grpc")
            .putHeader("te", "trailers");
    headers.forEach(
        (name, value) -> {
          options.removeHeader(name);
          if (!value.isEmpty()) {
            options.putHeader(name, value);
          }
        });
    return connection.request(options).map(request -> request.setChunked(true));
  }

  /** Sends a body in one piece and ends. */
  Answer send(String path, Map<String, String> headers, Buffer body) {
    return GatewayFixture.await(start(path, headers, body));
  }

  Future<Answer> start(String path, Map<String, String> headers, Buffer body) {
    return onLoop(
        () ->
            open(path, headers)
                .compose(request -> request.send(body))
                .compose(RawConnection::read));
  }

  Answer call(String path, String text) {
    return send(path, Map.of(), frame(text));
  }

  static Future<Answer> read(HttpClientResponse response) {
    return response
        .body()
        .map(
            body ->
                new Answer(
                    response.statusCode(),
                    first(response, "grpc-status"),
                    first(response, "grpc-message"),
                    body));
  }

  static Buffer frame(String text) {
    return Frames.frame(StringValue.of(text));
  }

  static Buffer frame(int flags, byte[] payload) {
    return Buffer.buffer().appendByte((byte) flags).appendInt(payload.length).appendBytes(payload);
  }

  @Override
  public void close() {
    GatewayFixture.await(client.close());
  }

  private static @Nullable String first(HttpClientResponse response, String name) {
    String header = response.getHeader(name);
    return header != null ? header : response.getTrailer(name);
  }
}
