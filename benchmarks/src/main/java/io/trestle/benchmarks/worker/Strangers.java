package io.trestle.benchmarks.worker;

import com.google.protobuf.Message;
import io.trestle.protocol.HostPort;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.wire.Dialer;
import io.trestle.protocol.wire.PinnedChannel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.security.cert.X509Certificate;

/**
 * Callers that show no certificate, each call over a connection of its own, as if they were so many
 * processes. They share a TLS context and a trust store, since making those is work of the load and
 * not of the runtime, and both share the processors here; no session is ever resumed. Thread-safe.
 */
final class Strangers {
  private final Vertx vertx;
  private final Dialer dialer;

  Strangers(Vertx vertx, X509Certificate ca) {
    this.vertx = vertx;
    this.dialer = new Dialer(vertx, null, ca);
  }

  /** Connects, makes a unary call and disconnects. */
  <Q extends Message, R extends Message> Future<R> ask(
      HostPort runtime, RpcMethod<Q, R> method, Q request) {
    PinnedChannel channel = Wire.channel(vertx, dialer, runtime);
    return Wire.unary(channel, method, request).onComplete(done -> channel.close());
  }
}
