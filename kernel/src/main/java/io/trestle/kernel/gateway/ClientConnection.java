package io.trestle.kernel.gateway;

import io.trestle.protocol.StatusCode;
import io.trestle.protocol.transport.PeerIdentity;
import io.trestle.protocol.transport.Pinger;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * One connection: who is at the other end, its open calls, and what it may do before it has shown
 * an identity. Thread: its event loop.
 *
 * <p>A stranger is a connection that showed no certificate and on which no call was authenticated
 * in another way. It is closed when it is idle and told to go away after a number of requests,
 * since {@code Provision} needs one. Everybody else is pinged, so that a dead peer is noticed, and
 * is never closed for its age, its idleness or its pings.
 */
final class ClientConnection {
  private static final Duration GO_AWAY_LIMIT = Duration.ofSeconds(30);

  private final Loop loop;
  private final GatewayShared shared;
  private final HttpConnection http;
  private final @Nullable Peer peer;
  private final Set<CallLife> open = new HashSet<>();
  private final Set<Caller> callers = new HashSet<>();
  private boolean stranger;
  private boolean goingAway;
  private int requests;
  private long idleTimer;
  private long held;
  private @Nullable Pinger pinger;

  ClientConnection(Loop loop, GatewayShared shared, HttpConnection http) {
    this.loop = loop;
    this.shared = shared;
    this.http = http;
    this.peer = readPeer(http);
    this.stranger = peer == null;
  }

  void opened() {
    if (stranger) {
      watchIdleness();
    } else {
      startPinging();
    }
  }

  void closed() {
    loop.cancel(idleTimer);
    if (pinger != null) {
      pinger.stop();
    }
    List.copyOf(open).forEach(CallLife::lost);
  }

  @Nullable Peer peer() {
    return peer;
  }

  String remoteAddress() {
    return String.valueOf(http.remoteAddress());
  }

  /** A request arrived. */
  void requested() {
    requests++;
    if (stranger) {
      watchIdleness();
    }
  }

  /** The request was answered or has become a call. */
  void requestJudged() {
    if (stranger && !goingAway && requests >= shared.options().strangers().requests()) {
      goingAway = true;
      http.shutdown(GO_AWAY_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** A call was authenticated. */
  void known(Caller caller) {
    if (caller.equals(Caller.ANONYMOUS) || !callers.add(caller)) {
      return;
    }
    if (stranger) {
      stranger = false;
      loop.cancel(idleTimer);
      startPinging();
    }
  }

  void begun(CallLife call) {
    open.add(call);
  }

  void over(CallLife call) {
    open.remove(call);
    if (stranger) {
      watchIdleness();
    }
  }

  long held() {
    return held;
  }

  void hold(long bytes) {
    held += bytes;
  }

  void end(Predicate<Caller> who, GrpcFailure failure) {
    for (CallLife call : List.copyOf(open)) {
      if (who.test(call.caller())) {
        call.abort(failure);
      }
    }
  }

  /** Ends the calls and then the connection, when one of its callers matches. */
  void disconnect(Predicate<Caller> who, GrpcFailure failure) {
    end(who, failure);
    if (callers.stream().anyMatch(who)) {
      http.shutdown(shared.options().linger().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  void endAll(GrpcFailure failure) {
    end(caller -> true, failure);
  }

  /** Whether the other end answers a ping in time. */
  Future<Boolean> probe(Duration patience) {
    Promise<Boolean> answered = Promise.promise();
    long timer = loop.after(patience, () -> answered.tryComplete(false));
    http.ping(Buffer.buffer(Long.BYTES).appendLong(System.nanoTime()))
        .onComplete(
            pong -> {
              loop.cancel(timer);
              answered.tryComplete(pong.succeeded());
            });
    return answered.future();
  }

  private void watchIdleness() {
    loop.cancel(idleTimer);
    idleTimer = loop.after(shared.options().strangers().idle(), this::idle);
  }

  private void idle() {
    if (stranger && open.isEmpty()) {
      http.close();
    }
  }

  private void startPinging() {
    GatewayOptions options = shared.options();
    pinger = Pinger.start(loop.vertx(), http, options.pingInterval(), options.pingTimeout());
  }

  private static @Nullable Peer readPeer(HttpConnection http) {
    List<Certificate> chain;
    try {
      chain = http.peerCertificates();
    } catch (SSLPeerUnverifiedException nobody) {
      return null;
    }
    if (chain == null || chain.isEmpty() || !(chain.get(0) instanceof X509Certificate leaf)) {
      return null;
    }
    return new Peer(
        PeerIdentity.of(leaf).spiffeId().orElse(null),
        leaf.getNotAfter().toInstant().toEpochMilli());
  }

  /** What is said when the listener closes. */
  static GrpcFailure stopping() {
    return GrpcFailure.of(StatusCode.UNAVAILABLE, "the runtime stops");
  }
}
