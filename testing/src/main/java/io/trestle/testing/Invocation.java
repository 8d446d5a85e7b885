package io.trestle.testing;

import io.trestle.protocol.SpiffeId;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ValidationException;
import java.time.Duration;

/**
 * How a test calls a handler.
 *
 * @param caller whom the handler sees; ids of letters, digits, {@code -}, {@code _}, {@code .} and
 *     {@code ~}
 * @param options timeout, request id, idempotency key and trace; the rest has no effect
 */
public record Invocation(CallContext.Caller caller, CallOptions options) {

  /**
   * Checks the ids.
   *
   * @throws ValidationException if one cannot stand in a certificate
   */
  public Invocation {
    try {
      SpiffeId unused = SpiffeId.service(caller.serviceId(), caller.instanceId());
    } catch (IllegalArgumentException e) {
      throw new ValidationException("caller " + e.getMessage(), e);
    }
  }

  /** As {@code test-caller}, with 30 s and a random request id. */
  public static final Invocation DEFAULT =
      new Invocation(
          new CallContext.Caller("test-caller", "test-caller-instance"), CallOptions.DEFAULT);

  /** The same by another caller. */
  public Invocation from(String serviceId, String instanceId) {
    return new Invocation(new CallContext.Caller(serviceId, instanceId), options);
  }

  /** The same with this much time. */
  public Invocation withDeadline(Duration remaining) {
    return new Invocation(caller, options.withTimeout(remaining));
  }

  /** The same with a request id. */
  public Invocation withRequestId(String id) {
    return new Invocation(caller, options.withRequestId(id));
  }

  /** The same with an idempotency key; every call runs the handler nevertheless. */
  public Invocation withIdempotencyKey(String key) {
    return new Invocation(caller, options.withIdempotencyKey(key));
  }
}
