package io.trestle.rpc.core;

import io.trestle.conversations.Policies;
import io.trestle.protocol.policy.CallKind;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Denial;
import io.trestle.protocol.policy.Gate;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Gate 3 (rpc.md 2.2) over a read model of the policies. Callees do not check calls of the runtime
 * again, so it is asked for every proxied call. Written by the listener of policies, read from
 * every event loop of the gateway.
 */
public final class CallGate {
  private final Map<UUID, ServicePolicy> policies = new ConcurrentHashMap<>();

  /** Takes over the policy of a service. */
  public void policy(Policies.Policy told) {
    ServicePolicy policy =
        ServicePolicy.of(
            told.capabilities().stream().flatMap(c -> Capability.find(c).stream()).toList(),
            told.rules().stream().flatMap(r -> rule(r).stream()).toList());
    if (policy.equals(ServicePolicy.OPEN)) {
      policies.remove(told.serviceId());
    } else {
      policies.put(told.serviceId(), policy);
    }
  }

  private static Optional<Rule> rule(Policies.Rule r) {
    return Rule.find(r.direction(), r.action(), r.peerServiceId(), r.targetName());
  }

  /** Why a call may not pass, or null when it may. The target is known and active. */
  public @Nullable Denial denial(UUID caller, UUID target, String method) {
    return Gate.call(CallKind.RPC, caller, of(caller), target, of(target), method);
  }

  private ServicePolicy of(UUID service) {
    return policies.getOrDefault(service, ServicePolicy.OPEN);
  }
}
