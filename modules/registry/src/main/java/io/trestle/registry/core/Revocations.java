package io.trestle.registry.core;

import io.trestle.conversations.Registrations.Instance;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Who was revoked and may still hold a valid leaf. Every watcher hears of a revocation once, and
 * again after each snapshot, because a snapshot cannot carry it.
 *
 * <p>The protocol has no word for a service that is active again: an SDK lifts the revocation when
 * an instance appears that it did not know. Callers never appear to callees that do not call them,
 * so everybody is shown one that is not there, added and removed in the same frame.
 */
final class Revocations {
  private static final String OFFLINE = "offline";

  private final Map<UUID, Long> services = new LinkedHashMap<>();
  private final Map<UUID, Long> instances = new LinkedHashMap<>();
  private final Map<UUID, Instance> restored = new LinkedHashMap<>();
  private long restorations;

  /**
   * What a frame says about revocations.
   *
   * @param restored who stands for services that are active again
   */
  record Revoked(List<UUID> services, List<UUID> instances, List<Instance> restored) {
    static final Revoked NOBODY = new Revoked(List.of(), List.of(), List.of());

    boolean isEmpty() {
      return services.isEmpty() && instances.isEmpty() && restored.isEmpty();
    }
  }

  /** Notes a service until its last leaf has expired; 0 = it has none. */
  void addService(UUID service, long untilMillis) {
    services.put(service, untilMillis);
    restored.remove(service);
  }

  /** The service is active again; returns the instance that nobody knows and that is not there. */
  Instance restore(UUID service, String name) {
    services.remove(service);
    restorations++;
    byte[] seed = (service + "/" + restorations).getBytes(StandardCharsets.UTF_8);
    Instance standIn =
        new Instance(UUID.nameUUIDFromBytes(seed), service, name, "", OFFLINE, "", 0);
    restored.put(service, standIn);
    return standIn;
  }

  /** Notes an instance; false when it was known. An instance is revoked for good. */
  boolean addInstance(UUID instance, long untilMillis) {
    return instances.put(instance, untilMillis) == null;
  }

  boolean hasInstance(UUID instance) {
    return instances.containsKey(instance);
  }

  /**
   * Everybody whose leaf may still be valid, and who stands for services that came back: whoever
   * was away then has not heard of it. Forgets the others: no leaf, no way in.
   */
  Revoked standing(long now) {
    services.values().removeIf(until -> until <= now);
    instances.values().removeIf(until -> until <= now);
    return new Revoked(
        List.copyOf(services.keySet()),
        List.copyOf(instances.keySet()),
        List.copyOf(restored.values()));
  }
}
