package io.trestle.rpc.core;

import io.trestle.conversations.Callables.Instance;
import io.trestle.conversations.Callables.Offer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Read model of what can be called, and how many calls are in flight at each instance. Written by
 * the listener of offers, read from every event loop of the gateway.
 */
public final class CallTable {
  private final Map<UUID, Service> services = new ConcurrentHashMap<>();
  private final InFlight inFlight = new InFlight();

  /** One callable method of a service: name and hash, compared as text. */
  private record MethodKey(String name, String contractHash) {}

  private record Service(String name, Map<MethodKey, List<Instance>> candidates) {}

  /** Takes over what a service offers now. */
  public void offer(Offer offer) {
    if (!offer.active()) {
      services.remove(offer.serviceId());
      return;
    }
    Map<MethodKey, List<Instance>> candidates = new HashMap<>();
    for (Instance instance : offer.instances()) {
      instance
          .methods()
          .forEach(
              m ->
                  candidates
                      .computeIfAbsent(
                          new MethodKey(m.name(), m.contractHash()), k -> new ArrayList<>())
                      .add(instance));
    }
    services.put(offer.serviceId(), new Service(offer.name(), candidates));
  }

  /** Whether the service is known and active. */
  public boolean knows(UUID service) {
    return services.containsKey(service);
  }

  /** Its name, for people; the id while it is unknown. */
  public String name(UUID service) {
    @Nullable Service known = services.get(service);
    return known == null ? service.toString() : known.name();
  }

  /** Live instances that advertise exactly this method and hash. */
  public List<Instance> candidates(UUID service, String method, String contractHash) {
    @Nullable Service known = services.get(service);
    return known == null
        ? List.of()
        : known.candidates().getOrDefault(new MethodKey(method, contractHash), List.of());
  }

  /** Calls in flight per instance. */
  public InFlight inFlight() {
    return inFlight;
  }
}
