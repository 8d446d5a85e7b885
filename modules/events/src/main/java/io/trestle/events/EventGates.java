package io.trestle.events;

import io.trestle.conversations.Policies;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** A read model of services: their names, whether they are active, their policies. */
final class EventGates {
  private final Map<UUID, ServicePolicy> policies = new HashMap<>();
  private final Map<UUID, String> names = new HashMap<>();

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

  void name(UUID service, String name) {
    names.put(service, name);
  }

  ServicePolicy policy(UUID service) {
    return policies.getOrDefault(service, ServicePolicy.OPEN);
  }

  /** The name of a service, else its id. */
  String name(UUID service) {
    String name = names.get(service);
    return name == null ? service.toString() : name;
  }
}
