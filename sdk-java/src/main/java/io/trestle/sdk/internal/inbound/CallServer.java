package io.trestle.sdk.internal.inbound;

import io.netty.handler.codec.http2.Http2Headers;
import io.trestle.protocol.Methods;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.UuidV7;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.transport.Pinger;
import io.trestle.protocol.transport.Transport;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.GrpcHeaders;
import io.trestle.protocol.wire.Lane;
import io.trestle.protocol.wire.WireStream;
import io.trestle.protocol.wire.WireStreams;
import io.trestle.sdk.internal.pki.Leaf;
import io.trestle.sdk.internal.registry.RegistryView;
import io.trestle.sdk.internal.traces.TraceWriters;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves {@code Call} to peers and to the runtime, over mutual TLS (wire.md 3.7). One listener per
 * lane on the same port, so that connections spread over the event loops.
 */
public final class CallServer {
  private static final String UNARY_PATH = Methods.CALL_UNARY.path();
  private static final String STREAM_PATH = Methods.CALL_STREAM.path();

  /**
   * Vert.x shares a port among servers that ask for the same one; a negative number asks for one of
   * the system's choice. Ours are far from those an application would use.
   */
  private static final AtomicInteger NEXT_CHOICE = new AtomicInteger(-20_000);

  private final Vertx vertx;
  private final List<Lane> lanes;
  private final X509Certificate ca;
  private final Limits limits;
  private final Slots slots;
  private final Dispatcher dispatcher;
  private final InboundMemory memory;
  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();

  /**
   * How much is let in.
   *
   * @param running calls at once
   * @param queued calls that wait beyond that
   * @param bytes of requests that are being read, wait or run
   */
  public record Limits(int running, int queued, long bytes) {
    /** With a quarter of the largest heap for requests, and 64 MiB at least. */
    public Limits(int running, int queued) {
      this(running, queued, Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 4));
    }
  }

  /** A server, not bound. */
  public CallServer(
      Vertx vertx,
      List<Lane> lanes,
      X509Certificate ca,
      Limits limits,
      RegistryView view,
      Handlers handlers,
      HandlerThreads threads,
      InstantSource clock,
      UuidV7 ids,
      TraceWriters traces) {
    this.vertx = vertx;
    this.lanes = lanes;
    this.ca = ca;
    this.limits = limits;
    this.memory = new InboundMemory(limits.bytes());
    this.slots = new Slots(limits.running(), limits.queued());
    this.dispatcher = new Dispatcher(view, handlers, slots, threads.executor(), clock, ids, traces);
  }

  /**
   * Binds.
   *
   * @param port 0 for one of the system's choice
   * @return the port
   */
  public Future<Integer> listen(Leaf leaf, String host, int port) {
    int shared = port == 0 ? NEXT_CHOICE.getAndDecrement() : port;
    Future<Integer> bound = listen(leaf, lanes.get(0), host, shared);
    for (Lane lane : lanes.subList(1, lanes.size())) {
      bound = bound.compose(v -> listen(leaf, lane, host, shared));
    }
    return bound;
  }

  /** Shows another leaf in the handshakes from now on; streams under way go on. */
  public void useLeaf(Leaf leaf) {
    for (HttpServer server : servers) {
      server
          .updateSSLOptions(Transport.serverSslOptions(leaf.identity(), ca, ClientAuth.REQUIRED))
          .onFailure(e -> {});
    }
  }

  /** Calls that run. */
  public int running() {
    return slots.running();
  }

  /** Refuses new calls; completes when none runs any more. */
  public Future<Void> drain() {
    Promise<Void> idle = Promise.promise();
    dispatcher.drain();
    slots.whenIdle(idle::complete);
    return idle.future();
  }

  /** Closes the port and, after a grace, the connections. */
  public Future<Void> close(Duration grace) {
    List<Future<Void>> closing =
        servers.stream()
            .map(server -> server.shutdown(grace.toMillis(), TimeUnit.MILLISECONDS))
            .toList();
    return Future.all(closing).mapEmpty();
  }

  private Future<Integer> listen(Leaf leaf, Lane lane, String host, int port) {
    Promise<Integer> bound = Promise.promise();
    lane.execute(
        () -> {
          HttpServer server =
              vertx
                  .createHttpServer(
                      Transport.serverOptions(
                          leaf.identity(),
                          ca,
                          ClientAuth.REQUIRED,
                          limits.running() + limits.queued()))
                  .connectionHandler(connection -> onConnection(lane, connection))
                  .requestHandler(request -> request.response().reset());
          servers.add(server); // first: who hears that it is bound may close at once
          server.listen(port, host).map(HttpServer::actualPort).onComplete(bound);
        });
    return bound.future();
  }

  /**
   * All streams are taken here; the request handler of the server, which it must have, gets none.
   */
  private void onConnection(Lane lane, HttpConnection connection) {
    if (!WireStreams.isHttp2(connection)) {
      connection.close();
      return;
    }
    PeerIdentity peer = PeerIdentity.of(connection);
    Pinger.start(vertx, connection);
    WireStreams.serve(lane, connection, (stream, headers) -> accept(lane, peer, stream, headers));
  }

  private WireStream.Listener accept(
      Lane lane, PeerIdentity peer, WireStream stream, Http2Headers headers) {
    if (!GrpcHeaders.isGrpc(headers.get("content-type"))) {
      return Refusal.of(stream, GrpcHeaders.http("415"));
    }
    String path = String.valueOf(headers.path());
    boolean streaming = STREAM_PATH.equals(path);
    if (!streaming && !UNARY_PATH.equals(path)) {
      CallStatus unknown = CallStatus.of(StatusCode.UNIMPLEMENTED, "unknown method " + path);
      return Refusal.of(stream, GrpcHeaders.only(unknown));
    }
    CallStatus refusal = dispatcher.refusal(peer);
    return refusal != null
        ? Refusal.of(stream, GrpcHeaders.only(refusal))
        : new InboundCall(
            lane, stream, peer, streaming, Transport.MAX_MESSAGE, memory, dispatcher::dispatch);
  }
}
