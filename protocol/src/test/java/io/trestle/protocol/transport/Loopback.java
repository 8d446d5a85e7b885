package io.trestle.protocol.transport;

import io.netty.handler.ssl.SslContext;
import io.trestle.protocol.HostPort;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server on the loopback that answers a call with the frames it got, unless it is told to do
 * otherwise, and notes who called.
 */
public final class Loopback implements AutoCloseable {
  /** Our server. */
  public final HttpServer http;

  /** Who has called, in order. */
  public final List<PeerIdentity> callers = new CopyOnWriteArrayList<>();

  /** Every connection there was. */
  public final List<HttpConnection> connections = new CopyOnWriteArrayList<>();

  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  private volatile Consumer<HttpServerRequest> answer = Loopback::echo;

  private Loopback(HttpServer http) {
    this.http = http;
    http.requestHandler(
            request -> {
              callers.add(PeerIdentity.of(request.connection()));
              answer.accept(request);
            })
        .exceptionHandler(failures::add)
        .connectionHandler(connections::add);
  }

  static Loopback start(
      Vertx vertx, TlsEngine engine, TestCertificates certificates, Identity identity)
      throws Exception {
    return start(vertx, options(engine, certificates, identity));
  }

  /** Starts one. */
  public static Loopback start(Vertx vertx, HttpServerOptions options) throws Exception {
    Loopback loopback = new Loopback(vertx.createHttpServer(options));
    await(loopback.http.listen(0, "127.0.0.1"));
    return loopback;
  }

  /** The usual options, which let anybody in. */
  public static HttpServerOptions options(
      TlsEngine engine, TestCertificates certificates, Identity identity) {
    return Transport.serverOptions(engine, identity, certificates.ca(), ClientAuth.REQUEST, 2000);
  }

  /** The TLS context of a client. */
  public static SslContext clientContext(
      TlsEngine engine, @Nullable Identity identity, X509Certificate ca) {
    return Transport.clientContext(engine, identity, ca);
  }

  /** Answers requests in another way from now on. */
  public void answer(Consumer<HttpServerRequest> way) {
    answer = way;
  }

  /** Keeps requests from now on; what is in the queue echoes them when it runs. */
  public BlockingQueue<Runnable> hold() {
    BlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
    answer(
        request -> {
          Future<Buffer> body = request.body();
          held.add(() -> body.onSuccess(frames -> good(request.response(), frames)));
        });
    return held;
  }

  /** Answers with the frames of the request. */
  public static void echo(HttpServerRequest request) {
    request.body().onSuccess(body -> good(request.response(), body));
  }

  /** Ends a call well. */
  public static void good(HttpServerResponse response, Buffer frames) {
    response
        .putHeader("content-type", "application/grpc")
        .putTrailer("grpc-status", "0")
        .end(frames);
  }

  /** Where it listens. */
  public HostPort address() {
    return new HostPort("127.0.0.1", http.actualPort());
  }

  /** Waits for a result. */
  public static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    await(http.close());
  }
}
