package io.trestle.registry.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Who was revoked and may still hold a valid leaf. Every watcher hears of a revocation once, and
 * again after each snapshot, because a snapshot cannot carry it.
 */
final class Revocations {
  private final Map<UUID, Long> services = new LinkedHashMap<>();
  private final Map<UUID, Long> instances = new LinkedHashMap<>();

  /** What a frame says about revocations. */
  record Revoked(List<UUID> services, List<UUID> instances) {
    static final Revoked NOBODY = new Revoked(List.of(), List.of());

    boolean isEmpty() {
      return services.isEmpty() && instances.isEmpty();
    }
  }

  /** Notes a service until its last leaf has expired; 0 = it has none. */
  void addService(UUID service, long untilMillis) {
    services.put(service, untilMillis);
  }

  /** The service is active again. */
  void removeService(UUID service) {
    services.remove(service);
  }

  /** Notes an instance; false when it was known. An instance is revoked for good. */
  boolean addInstance(UUID instance, long untilMillis) {
    return instances.put(instance, untilMillis) == null;
  }

  boolean hasInstance(UUID instance) {
    return instances.containsKey(instance);
  }

  /** Everybody whose leaf may still be valid. Forgets the others: no leaf, no way in. */
  Revoked standing(long now) {
    services.values().removeIf(until -> until <= now);
    instances.values().removeIf(until -> until <= now);
    return new Revoked(List.copyOf(services.keySet()), List.copyOf(instances.keySet()));
  }
}
