package io.trestle.registry.core;

import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The policies of all services that are not as a new one is, and which of them name a peer: their
 * evaluations show its name.
 */
final class PolicyBook {
  private final Map<UUID, ServicePolicy> policies = new HashMap<>();
  private final Map<UUID, Set<UUID>> naming = new HashMap<>();

  ServicePolicy of(UUID service) {
    return policies.getOrDefault(service, ServicePolicy.OPEN);
  }

  /** Takes over a policy and returns the one before. */
  ServicePolicy put(UUID service, ServicePolicy next) {
    ServicePolicy before = of(service);
    before.rules().forEach(rule -> unindex(rule, service));
    next.rules().forEach(rule -> index(rule, service));
    if (next.equals(ServicePolicy.OPEN)) {
      policies.remove(service);
    } else {
      policies.put(service, next);
    }
    return before;
  }

  /** Services with a rule that names the peer. */
  Set<UUID> naming(UUID peer) {
    return naming.getOrDefault(peer, Set.of());
  }

  Map<UUID, ServicePolicy> all() {
    return policies;
  }

  private void index(Rule rule, UUID service) {
    UUID peer = rule.peer();
    if (peer != null) {
      naming.computeIfAbsent(peer, p -> new HashSet<>()).add(service);
    }
  }

  private void unindex(Rule rule, UUID service) {
    UUID peer = rule.peer();
    Set<UUID> services = peer == null ? null : naming.get(peer);
    if (services != null && services.remove(service) && services.isEmpty()) {
      naming.remove(peer);
    }
  }
}
