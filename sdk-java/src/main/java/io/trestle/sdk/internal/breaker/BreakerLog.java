package io.trestle.sdk.internal.breaker;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Says in the log that an instance is left alone, why, what to do, and when that is over. */
public record BreakerLog(String serviceId, String instanceId) implements CircuitBreaker.Listener {
  private static final Logger LOG = System.getLogger("io.trestle.sdk");

  @Override
  public void changed(BreakerState from, BreakerState to) {
    if (to == BreakerState.OPEN) {
      LOG.log(
          Level.INFO,
          "circuit_open service_id={0} instance_id={1}: {2}; direct calls skip it for 30 s, then one"
              + " tries it. See whether it runs, is overloaded, and can be reached from here",
          serviceId,
          instanceId,
          from == BreakerState.PROBING
              ? "the trial call failed"
              : "more than half of the direct calls of the last 10 s failed");
    } else if (to == BreakerState.CLOSED) {
      LOG.log(
          Level.INFO,
          "circuit_closed service_id={0} instance_id={1}: direct calls go to it again; nothing to do",
          serviceId,
          instanceId);
    }
  }
}
