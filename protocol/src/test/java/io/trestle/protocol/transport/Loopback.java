package io.trestle.protocol.transport;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A gRPC server on the loopback that answers with the message it got, and notes who called. */
final class Loopback implements AutoCloseable {
  final HttpServer http;
  final List<PeerIdentity> callers = new CopyOnWriteArrayList<>();
  final List<HttpConnection> connections = new CopyOnWriteArrayList<>();
  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  private Loopback(Vertx vertx, HttpServer http) {
    this.http = http;
    GrpcServer grpc =
        GrpcServer.server(vertx, new GrpcServerOptions().setMaxMessageSize(Transport.MAX_MESSAGE))
            .callHandler(
                call -> {
                  callers.add(PeerIdentity.of(call.connection()));
                  call.handler(message -> call.response().end(message));
                });
    http.requestHandler(grpc).exceptionHandler(failures::add);
    http.connectionHandler(connections::add);
  }

  static Loopback start(
      Vertx vertx, TlsEngine engine, TestCertificates certificates, Identity identity)
      throws Exception {
    return start(vertx, engine, certificates, identity, ClientAuth.REQUEST);
  }

  static Loopback start(
      Vertx vertx,
      TlsEngine engine,
      TestCertificates certificates,
      Identity identity,
      ClientAuth clientAuth)
      throws Exception {
    return start(
        vertx, Transport.serverOptions(engine, identity, certificates.ca(), clientAuth, 2000));
  }

  static Loopback start(Vertx vertx, HttpServerOptions options) throws Exception {
    Loopback loopback = new Loopback(vertx, vertx.createHttpServer(options));
    await(loopback.http.listen(0, "127.0.0.1"));
    return loopback;
  }

  SocketAddress address() {
    return SocketAddress.inetSocketAddress(http.actualPort(), "127.0.0.1");
  }

  /** Sends one message and returns the answer. */
  static Future<Buffer> echo(GrpcClientRequest<Buffer, Buffer> request, String text) {
    request.serviceName(ServiceName.create("test.Echo")).methodName("Unary");
    return request.send(Buffer.buffer(text)).compose(response -> response.last());
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  static Throwable failure(Future<?> future) {
    try {
      await(future);
    } catch (Exception e) {
      return e.getCause() == null ? e : e.getCause();
    }
    throw new AssertionError("succeeded (expected: a failure)");
  }

  @Override
  public void close() throws Exception {
    await(http.close());
  }
}
