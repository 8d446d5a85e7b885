package io.trestle.kernel.gateway;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.trestle.protocol.StatusCode;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Meters of the listener. Only methods that have a handler are named; what clients invent counts as
 * {@code unknown}, so that nobody can make meters.
 */
final class GatewayMetrics {
  static final String CALLS = "trestle.gateway.calls";
  static final String IN_FLIGHT = "trestle.gateway.calls.in.flight";
  static final String CONNECTIONS = "trestle.gateway.connections";
  static final String HANDSHAKES = "trestle.gateway.handshakes";
  static final String REFUSED = "trestle.gateway.refused";
  static final String HELD = "trestle.gateway.held.bytes";
  static final String BODIES = "trestle.gateway.request.bytes";
  static final String BODIES_BOUND = "trestle.gateway.request.bytes.bound";

  /** Why a request was not handed to its handler. */
  enum Reason {
    CONTENT_TYPE,
    UNAUTHENTICATED,
    DRAINING,
    UNKNOWN_METHOD,
    DENIED,
    COMPRESSED,
    MALFORMED,
    TOO_LARGE,
    MEMORY,
    INCOMPLETE
  }

  private record Key(String method, int status) {}

  private final MeterRegistry meters;
  private final Map<Key, Counter> calls = new ConcurrentHashMap<>();
  private final AtomicInteger inFlight;
  private final AtomicInteger connections;
  private final AtomicLong held;

  GatewayMetrics(MeterRegistry meters) {
    this.meters = meters;
    inFlight = meters.gauge(IN_FLIGHT, new AtomicInteger());
    connections = meters.gauge(CONNECTIONS, new AtomicInteger());
    held = meters.gauge(HELD, new AtomicLong());
  }

  /** Shows what requests hold, and how much they may. */
  void bodies(BodyMemory bodies) {
    Gauge.builder(BODIES, bodies, BodyMemory::bytes).strongReference(true).register(meters);
    Gauge.builder(BODIES_BOUND, bodies, BodyMemory::bound).strongReference(true).register(meters);
  }

  void callBegun() {
    inFlight.incrementAndGet();
  }

  void callEnded(String method, StatusCode status) {
    inFlight.decrementAndGet();
    answered(method, status);
  }

  /** An answer without a call: a refusal. */
  void answered(String method, StatusCode status) {
    calls
        .computeIfAbsent(
            new Key(method, status.number()),
            key -> meters.counter(CALLS, "method", method, "status", status.name()))
        .increment();
  }

  void refused(Reason reason) {
    meters.counter(REFUSED, "reason", reason.name().toLowerCase(Locale.ROOT)).increment();
  }

  void connectionOpened() {
    connections.incrementAndGet();
  }

  void connectionClosed() {
    connections.decrementAndGet();
  }

  /** One handshake ended: {@code done}, {@code refused}, {@code timeout} or {@code abandoned}. */
  void handshake(String outcome) {
    meters.counter(HANDSHAKES, "outcome", outcome).increment();
  }

  void held(long bytes) {
    held.addAndGet(bytes);
  }
}
