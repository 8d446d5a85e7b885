package io.trestle.benchmarks.worker;

import com.google.protobuf.Message;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.transport.PeerClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Clients that show no certificate, each for one call at a time and each call over a connection of
 * its own, as if they were so many processes. They are used again, since making one (options, a TLS
 * context, a trust store) is work of the load and not of the runtime, and both share the processors
 * here. Thread-safe.
 */
final class Strangers {
  private static final int MAX_MESSAGE = 64 << 10;

  private final Vertx vertx;
  private final X509Certificate ca;
  private final Queue<PeerClient> idle = new ConcurrentLinkedQueue<>();

  Strangers(Vertx vertx, X509Certificate ca) {
    this.vertx = vertx;
    this.ca = ca;
  }

  /** Connects, makes a unary call and disconnects. */
  <Q extends Message, R extends Message> Future<R> ask(
      SocketAddress runtime, RpcMethod<Q, R> method, Q request) {
    PeerClient known = idle.poll();
    PeerClient client = known == null ? PeerClient.create(vertx, null, ca, MAX_MESSAGE) : known;
    return Wire.unaryAlone(client, runtime, method, request)
        .onSuccess(answer -> idle.add(client))
        .onFailure(e -> client.close().onFailure(ignored -> {}));
  }
}
