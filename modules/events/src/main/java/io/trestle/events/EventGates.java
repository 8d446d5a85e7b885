package io.trestle.events;

import io.trestle.conversations.Policies;
import io.trestle.conversations.Subscribers.Subscriber;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A read model of services: their names, whether they are active, their policies, what their
 * instances declare to publish.
 */
final class EventGates {
  private final Map<UUID, ServicePolicy> policies = new HashMap<>();
  private final Map<UUID, Service> services = new HashMap<>();
  private final Map<UUID, Set<String>> published = new HashMap<>();
  private final Map<UUID, Set<UUID>> instances = new HashMap<>();

  /** One service. */
  record Service(UUID id, String name, boolean active) {}

  void policy(Policies.Policy told) {
    policies.put(
        told.serviceId(),
        ServicePolicy.of(
            told.capabilities().stream().flatMap(c -> Capability.find(c).stream()).toList(),
            told.rules().stream()
                .flatMap(
                    r ->
                        Rule.find(r.direction(), r.action(), r.peerServiceId(), r.targetName())
                            .stream())
                .toList()));
  }

  void service(UUID id, String name, boolean active) {
    services.put(id, new Service(id, name, active));
  }

  /** What the live instances of a service say that they publish. */
  void declared(Subscriber service) {
    Set<UUID> now = new HashSet<>();
    service.instances().forEach(i -> now.add(i.instanceId()));
    Set<UUID> before = instances.put(service.serviceId(), now);
    if (before != null) {
      published.keySet().removeAll(before);
    }
    service.instances().forEach(i -> published.put(i.instanceId(), i.published()));
    if (now.isEmpty()) {
      instances.remove(service.serviceId());
    }
  }

  /**
   * Whether an instance that has declared itself did not declare this name. Who publishes without a
   * registration, as over HTTP, has nothing to declare.
   */
  boolean lacks(UUID instance, String name) {
    Set<String> names = published.get(instance);
    return names != null && !names.contains(name);
  }

  ServicePolicy policy(UUID service) {
    return policies.getOrDefault(service, ServicePolicy.OPEN);
  }

  /** The name of a service, else its id. */
  String name(UUID service) {
    Service known = services.get(service);
    return known == null ? service.toString() : known.name();
  }

  /** Whether a service is known and not revoked. */
  boolean isActive(UUID service) {
    Service known = services.get(service);
    return known != null && known.active();
  }

  /** Whether a service is known to be revoked. */
  boolean isRevoked(UUID service) {
    Service known = services.get(service);
    return known != null && !known.active();
  }

  /** Whether the name of a service was told. */
  boolean knows(UUID service) {
    return services.containsKey(service);
  }

  /** The service of an id; the active one of a name, else any that had it. */
  Optional<Service> find(String nameOrId) {
    return services.values().stream()
        .filter(s -> s.name().equals(nameOrId) || s.id().toString().equalsIgnoreCase(nameOrId))
        .max(Comparator.comparing(Service::active));
  }
}
