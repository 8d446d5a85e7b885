package io.trestle.sdk.internal.call;

import io.trestle.protocol.TraceContext;
import io.trestle.protocol.UuidV7;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.TraceScope;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** The options of a call with nothing left open. */
record CallPlan(
    long timeoutNanos,
    Transport transport,
    RetryPolicy retry,
    String requestId,
    String idempotencyKey,
    String trace) {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

  static CallPlan of(CallOptions options, UuidV7 ids) {
    Duration timeout = options.timeout();
    Transport transport = options.transport();
    RetryPolicy retry = options.retry();
    String requestId = options.requestId();
    String key = options.idempotencyKey();
    return new CallPlan(
        (timeout != null ? timeout : DEFAULT_TIMEOUT).toNanos(),
        transport != null ? transport : Transport.AUTO,
        retry != null ? retry : RetryPolicy.DEFAULT,
        requestId != null ? requestId : randomUuid(),
        key != null ? key : "",
        trace(options, ids).format());
  }

  /** The call is an operation of its own, under the trace it belongs to. */
  private static TraceContext trace(CallOptions options, UuidV7 ids) {
    String given = options.trace();
    Optional<TraceContext> parent =
        TraceContext.parse(given != null ? given : TraceScope.current());
    return parent.map(trace -> trace.under(ids.nextText())).orElseGet(() -> TraceContext.root(ids));
  }

  /** Version 4, from a generator that costs nothing: the id is for logs, not a secret. */
  private static String randomUuid() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = (random.nextLong() & ~0xf000L) | 0x4000L;
    long low = (random.nextLong() >>> 2) | Long.MIN_VALUE;
    return new UUID(high, low).toString();
  }
}
