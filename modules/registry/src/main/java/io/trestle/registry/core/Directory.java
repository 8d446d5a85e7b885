package io.trestle.registry.core;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Services by id and, while they are active, by name. Several rows may share a name, at most one of
 * them active.
 */
final class Directory {
  private final Map<UUID, Service> byId = new HashMap<>();
  private final Map<String, UUID> activeByName = new HashMap<>();

  /**
   * One service.
   *
   * @param revokedUntilMillis when the last leaf of a revoked service will have expired; 0 while
   *     active
   */
  record Service(UUID id, String name, boolean active, long revokedUntilMillis) {}

  /** Stores what is known now and returns what was known before. */
  @Nullable Service put(Service service) {
    Service before = byId.put(service.id(), service);
    if (before != null) {
      activeByName.remove(before.name(), before.id());
    }
    if (service.active()) {
      activeByName.put(service.name(), service.id());
    }
    return before;
  }

  @Nullable Service find(UUID id) {
    return byId.get(id);
  }

  boolean isActive(UUID id) {
    Service service = byId.get(id);
    return service != null && service.active();
  }

  String name(UUID id) {
    Service service = byId.get(id);
    return service == null ? "" : service.name();
  }

  @Nullable UUID activeByName(String name) {
    return activeByName.get(name);
  }

  Collection<Service> all() {
    return byId.values();
  }
}
