package io.trestle.sdk.internal;

import io.trestle.protocol.BootstrapKey;
import io.trestle.protocol.BootstrapKeyException;
import io.trestle.protocol.HostPort;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConfigurationException;
import io.trestle.sdk.OverflowPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeBuilder;
import io.trestle.sdk.internal.BridgeOptions.Advertised;
import io.trestle.sdk.internal.events.EventRules;
import io.trestle.sdk.internal.inbound.CallServer;
import io.trestle.sdk.internal.pki.RenewalTimes;
import io.trestle.sdk.internal.session.ReconnectLadder;
import io.trestle.sdk.internal.session.SessionRules;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Gathers and checks options. */
public final class BridgeBuilder implements ServiceBridgeBuilder {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);
  private static final int DEFAULT_LIMIT = 256;

  private final String url;
  private final String key;
  private @Nullable Advertised advertised;
  private boolean callerOnly;
  private CallOptions callDefaults = CallOptions.DEFAULT;
  private CallServer.Limits limits = new CallServer.Limits(DEFAULT_LIMIT, DEFAULT_LIMIT);
  private boolean failOnPolicyViolation;
  private int reconnectAttempts;
  private ReconnectLadder ladder = ReconnectLadder.DEFAULT;
  private Duration startTimeout = START_TIMEOUT;
  private Duration stopTimeout = STOP_TIMEOUT;
  private RenewalTimes renewal = RenewalTimes.DEFAULT;
  private InstantSource clock = InstantSource.system();
  private EventRules events = EventRules.DEFAULT;
  private @Nullable Executor executor;
  private @Nullable Vertx vertx;

  /** Of the runtime's address and the bootstrap key. */
  public BridgeBuilder(String url, String key) {
    this.url = url;
    this.key = key;
  }

  /** Uses the application's own Vert.x, which stays open. */
  public BridgeBuilder vertx(Vertx own) {
    this.vertx = own;
    return this;
  }

  @Override
  public BridgeBuilder advertise(String host, int port) {
    check(port >= 0 && port <= 65535, "advertise port", port, "0 to 65535");
    try {
      HostPort unused = new HostPort(host, Math.max(1, port));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException("advertise " + e.getMessage(), e);
    }
    advertised = new Advertised(host, port, true);
    return this;
  }

  @Override
  public BridgeBuilder callerOnly() {
    callerOnly = true;
    return this;
  }

  @Override
  public BridgeBuilder callDefaults(CallOptions defaults) {
    callDefaults = defaults;
    return this;
  }

  @Override
  public BridgeBuilder inboundLimits(int running, int queued) {
    check(running >= 1, "running", running, "1 or more");
    check(queued >= 0, "queued", queued, "0 or more");
    limits = new CallServer.Limits(running, queued);
    return this;
  }

  @Override
  public BridgeBuilder failOnPolicyViolation() {
    failOnPolicyViolation = true;
    return this;
  }

  @Override
  public BridgeBuilder reconnectAttempts(int attempts) {
    check(attempts >= 0, "reconnectAttempts", attempts, "0 or more");
    reconnectAttempts = attempts;
    return this;
  }

  @Override
  public BridgeBuilder reconnectLadder(List<Duration> delays) {
    check(!delays.isEmpty(), "reconnectLadder", delays, "one pause or more");
    delays.forEach(
        delay -> check(isAtLeastOneMilli(delay), "reconnectLadder", delay, "1 ms or more"));
    ladder = new ReconnectLadder(delays);
    return this;
  }

  @Override
  public BridgeBuilder startTimeout(Duration timeout) {
    check(isAtLeastOneMilli(timeout), "startTimeout", timeout, "1 ms or more");
    startTimeout = timeout;
    return this;
  }

  @Override
  public BridgeBuilder stopTimeout(Duration timeout) {
    check(!timeout.isNegative(), "stopTimeout", timeout, "0 or more");
    stopTimeout = timeout;
    return this;
  }

  @Override
  public BridgeBuilder handlerExecutor(Executor own) {
    executor = own;
    return this;
  }

  @Override
  public BridgeBuilder renewal(Duration lead, Duration jitter, Duration minimum, Duration retry) {
    check(!lead.isNegative(), "lead", lead, "0 or more");
    check(!jitter.isNegative(), "jitter", jitter, "0 or more");
    check(!minimum.isNegative(), "minimum", minimum, "0 or more");
    check(isAtLeastOneMilli(retry), "retry", retry, "1 ms or more");
    renewal = new RenewalTimes(lead, jitter, minimum, retry);
    return this;
  }

  @Override
  public BridgeBuilder publishTimeout(Duration timeout) {
    check(isAtLeastOneMilli(timeout), "publishTimeout", timeout, "1 ms or more");
    events = events.withTimeout(timeout);
    return this;
  }

  @Override
  public BridgeBuilder maxPendingPublishes(int count) {
    check(
        count >= 1 && count <= EventRules.MOST_PENDING,
        "maxPendingPublishes",
        count,
        "1 to " + EventRules.MOST_PENDING);
    events = events.withMaxPending(count);
    return this;
  }

  @Override
  public BridgeBuilder publishOverflow(OverflowPolicy policy) {
    events = events.withOverflow(policy);
    return this;
  }

  @Override
  public BridgeBuilder eventsMaxInFlight(int count) {
    check(count >= 1 && count <= 1024, "eventsMaxInFlight", count, "1 to 1024");
    events = events.withMaxInFlight(count);
    return this;
  }

  @Override
  public BridgeBuilder clock(InstantSource source) {
    clock = source;
    return this;
  }

  @Override
  public ServiceBridge build() {
    if (callerOnly && advertised != null) {
      throw new ConfigurationException(
          "callerOnly: together with advertise (expected: one of the two)");
    }
    SessionRules rules =
        new SessionRules(
            ladder,
            reconnectAttempts,
            startTimeout,
            stopTimeout,
            SessionRules.WELCOME_TIMEOUT,
            renewal.lead());
    return new Bridge(
        new BridgeOptions(
            runtime(),
            parseKey(),
            callerOnly ? null : advertised != null ? advertised : Advertised.DEFAULT,
            callDefaults,
            limits,
            failOnPolicyViolation,
            rules,
            renewal,
            clock,
            events,
            executor,
            vertx));
  }

  private HostPort runtime() {
    return HostPort.parse(url)
        .orElseThrow(() -> new ConfigurationException("url: " + url + " (expected: host:port)"));
  }

  private BootstrapKey parseKey() {
    try {
      return BootstrapKey.parse(key);
    } catch (BootstrapKeyException e) {
      throw new ConfigurationException("key: " + e.getMessage(), e);
    }
  }

  private static boolean isAtLeastOneMilli(Duration duration) {
    return duration.toMillis() >= 1;
  }

  private static void check(boolean good, String name, Object value, String expected) {
    if (!good) {
      throw new ConfigurationException(name + ": " + value + " (expected: " + expected + ")");
    }
  }
}
