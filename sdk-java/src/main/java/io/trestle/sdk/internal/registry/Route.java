package io.trestle.sdk.internal.registry;

import io.trestle.protocol.HostPort;
import io.trestle.sdk.internal.breaker.CircuitBreaker;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One instance that serves a method.
 *
 * @param endpoint where; null if it takes no calls
 * @param unhealthySince start of its bad time in Unix milliseconds; 0 for a healthy one
 * @param streaming whether the method answers with a stream
 * @param memory what this process knows of the instance by calling it
 */
public record Route(
    String serviceId,
    String instanceId,
    String contractHash,
    @Nullable HostPort endpoint,
    long unhealthySince,
    boolean streaming,
    PeerMemory memory) {

  /** Calls of this process that are under way to the instance. */
  public AtomicInteger load() {
    return memory.load();
  }

  /** Whether direct calls are to skip the instance. */
  public CircuitBreaker breaker() {
    return memory.breaker();
  }
}
