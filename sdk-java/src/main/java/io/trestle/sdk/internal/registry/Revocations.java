package io.trestle.sdk.internal.registry;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Services and instances that lost their rights (rpc.md 1.5). The revocation of an instance is for
 * good; that of a service ends when an instance of it appears that was not known at the time, which
 * means the service was allowed again. One owner writes, any thread reads.
 */
public final class Revocations {
  private volatile Set<String> instances = Set.of();
  private volatile Map<String, Set<String>> services = Map.of();

  /** Whether a peer is to be refused and not to be called. */
  public boolean revoked(String serviceId, String instanceId) {
    return services.containsKey(serviceId) || instances.contains(instanceId);
  }

  void revokeInstances(Collection<String> ids) {
    if (!ids.isEmpty()) {
      Set<String> more = new HashSet<>(instances);
      more.addAll(ids);
      instances = Set.copyOf(more);
    }
  }

  void revokeServices(Collection<String> ids, Set<String> knownInstances) {
    if (!ids.isEmpty()) {
      Map<String, Set<String>> more = new HashMap<>(services);
      ids.forEach(id -> more.put(id, Set.copyOf(knownInstances)));
      services = Map.copyOf(more);
    }
  }

  void appeared(String serviceId, String instanceId) {
    Set<String> known = services.get(serviceId);
    if (known != null && !known.contains(instanceId)) {
      Map<String, Set<String>> fewer = new HashMap<>(services);
      fewer.remove(serviceId);
      services = Map.copyOf(fewer);
    }
  }
}
