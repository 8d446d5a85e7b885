package io.trestle.rpc.core;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Calls in flight per instance; an instance without any takes no memory. Safe from any thread. */
public final class InFlight {
  private final Map<UUID, Integer> counts = new ConcurrentHashMap<>();

  void enter(UUID instance) {
    counts.merge(instance, 1, Integer::sum);
  }

  void leave(UUID instance) {
    counts.computeIfPresent(instance, (id, n) -> n == 1 ? null : n - 1);
  }

  int count(UUID instance) {
    return counts.getOrDefault(instance, 0);
  }

  /** All calls in flight. */
  public int total() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }
}
