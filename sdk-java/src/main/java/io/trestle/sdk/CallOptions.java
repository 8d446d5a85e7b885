package io.trestle.sdk;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How one call is made. What is null falls back to the defaults of the bridge, and what is null
 * there to the built-in ones: 30 s, {@link Transport#AUTO}, {@link RetryPolicy#DEFAULT}, a random
 * request id, no idempotency key.
 *
 * @param timeout the time of the whole call, attempts and pauses included; 1 ms or more
 * @param transport the way it takes
 * @param retry when it is tried again
 * @param requestId an id for logs of both ends
 * @param idempotencyKey lets the runtime answer a repeated call with the first reply; effective
 *     only through the proxy
 * @param trace the trace the call belongs to, {@code <trace id>-<operation id>}; without one it is
 *     that of the handler the calling thread runs in, else a new one
 */
public record CallOptions(
    @Nullable Duration timeout,
    @Nullable Transport transport,
    @Nullable RetryPolicy retry,
    @Nullable String requestId,
    @Nullable String idempotencyKey,
    @Nullable String trace) {

  /** Nothing set. */
  public static final CallOptions DEFAULT = new CallOptions(null, null, null, null, null, null);

  /**
   * Checks the bounds.
   *
   * @throws ConfigurationException if the timeout is less than 1 ms
   */
  public CallOptions {
    if (timeout != null && timeout.toMillis() < 1) {
      throw new ConfigurationException("timeout: " + timeout + " (expected: 1 ms or more)");
    }
  }

  /** With a timeout. */
  public static CallOptions timeoutOf(Duration timeout) {
    return DEFAULT.withTimeout(timeout);
  }

  /** The same with another timeout. */
  public CallOptions withTimeout(Duration value) {
    return new CallOptions(value, transport, retry, requestId, idempotencyKey, trace);
  }

  /** The same with another transport. */
  public CallOptions withTransport(Transport value) {
    return new CallOptions(timeout, value, retry, requestId, idempotencyKey, trace);
  }

  /** The same with another retry policy; it replaces the default as a whole. */
  public CallOptions withRetry(RetryPolicy value) {
    return new CallOptions(timeout, transport, value, requestId, idempotencyKey, trace);
  }

  /** The same with another request id. */
  public CallOptions withRequestId(String value) {
    return new CallOptions(timeout, transport, retry, value, idempotencyKey, trace);
  }

  /** The same with another idempotency key. */
  public CallOptions withIdempotencyKey(String value) {
    return new CallOptions(timeout, transport, retry, requestId, value, trace);
  }

  /** The same within another trace. */
  public CallOptions withTrace(String value) {
    return new CallOptions(timeout, transport, retry, requestId, idempotencyKey, value);
  }

  /** These options where they are set, the given ones elsewhere. */
  public CallOptions orElse(CallOptions defaults) {
    return new CallOptions(
        timeout != null ? timeout : defaults.timeout,
        transport != null ? transport : defaults.transport,
        retry != null ? retry : defaults.retry,
        requestId != null ? requestId : defaults.requestId,
        idempotencyKey != null ? idempotencyKey : defaults.idempotencyKey,
        trace != null ? trace : defaults.trace);
  }
}
