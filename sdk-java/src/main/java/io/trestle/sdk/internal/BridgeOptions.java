package io.trestle.sdk.internal;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.HostPort;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.internal.events.EventRules;
import io.trestle.sdk.internal.inbound.CallServer;
import io.trestle.sdk.internal.pki.RenewalTimes;
import io.trestle.sdk.internal.session.SessionRules;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The options of a bridge, checked.
 *
 * @param advertised where calls are taken; null for nowhere
 * @param executor where synchronous handlers run; null for our own threads
 * @param vertx the application's own; null for one of ours
 */
record BridgeOptions(
    HostPort runtime,
    BootstrapKey key,
    @Nullable Advertised advertised,
    CallOptions callDefaults,
    CallServer.Limits limits,
    boolean failOnPolicyViolation,
    SessionRules rules,
    RenewalTimes renewal,
    InstantSource clock,
    EventRules events,
    @Nullable Executor executor,
    @Nullable Vertx vertx) {

  /** How much of the stop timeout the closing of connections may take at the end. */
  static final Duration CLOSE_GRACE = Duration.ofMillis(500);

  /**
   * Where calls are taken.
   *
   * @param chosen whether the application said so
   */
  record Advertised(String host, int port, boolean chosen) {
    static final Advertised DEFAULT = new Advertised("127.0.0.1", 0, false);

    /** What is bound: an address as it is, for a name all interfaces. */
    String bindHost() {
      boolean address = host.indexOf(':') >= 0 || host.matches("[0-9.]+");
      return address ? host : "0.0.0.0";
    }

    /** What is announced. */
    String endpoint(int boundPort) {
      return new HostPort(host, port == 0 ? boundPort : port).toString();
    }
  }
}
