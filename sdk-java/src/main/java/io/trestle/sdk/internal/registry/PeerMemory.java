package io.trestle.sdk.internal.registry;

import io.trestle.sdk.internal.breaker.BreakerLog;
import io.trestle.sdk.internal.breaker.CircuitBreaker;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What this process learns of an instance by calling it, whatever the method. It outlives the views
 * of the registry that are built anew with each frame, and ends when the instance leaves.
 *
 * @param load calls that are under way to it
 * @param breaker whether direct calls are to skip it
 */
public record PeerMemory(AtomicInteger load, CircuitBreaker breaker) {
  /** Of an instance nothing is known about. */
  public static PeerMemory of(String serviceId, String instanceId) {
    CircuitBreaker breaker = new CircuitBreaker(new BreakerLog(serviceId, instanceId));
    return new PeerMemory(new AtomicInteger(), breaker);
  }
}
