package io.trestle.sdk.internal.registry;

import io.trestle.protocol.v1.EventSubscriptionDescriptor;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingCallDescriptor;
import io.trestle.protocol.v1.RegistrySnapshot;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import io.trestle.sdk.PolicyEvaluation;
import io.trestle.sdk.ServiceMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rows the runtime has pushed, and what follows from them.
 *
 * <p>State: methods by (instance, type, name, published), instances by id, subscriptions and
 * outgoing calls of the last snapshot, the last policy, and the revocations. A snapshot replaces
 * all but the revocations, which snapshots do not carry and which therefore only ever end by the
 * rule of {@link Revocations}. An update is applied in the order of rpc.md 1.4: added rows, removed
 * rows, added instances, removed instances, removed peers, policy, revocations; so a key in both
 * lists of one frame ends removed, and a peer that leaves takes with it what the same frame added.
 *
 * <p>One owner writes, after each frame it publishes {@link #routes} and {@link #policy}, which are
 * immutable and may be read by any thread. They are rebuilt as a whole: frames are coalesced by the
 * runtime, calls are not, so it is the calls that must find their candidates without looking.
 */
public final class RegistryView {
  private final Map<MethodKey, MethodDescriptor> methods = new LinkedHashMap<>();
  private final Map<String, ServiceInstanceInfo> instances = new LinkedHashMap<>();
  private final Map<PeerKey, PeerMemory> memories = new HashMap<>();
  private final Revocations revocations = new Revocations();
  private List<EventSubscriptionDescriptor> subscriptions = List.of();
  private List<OutgoingCallDescriptor> outgoing = List.of();

  private volatile @Nullable PolicyView policy;
  private volatile Routes routes = Routes.EMPTY;
  private volatile ServiceMap map = ServiceMap.EMPTY;

  private record MethodKey(String instanceId, MethodType type, String name, boolean published) {
    static MethodKey of(MethodDescriptor row) {
      return new MethodKey(row.getInstanceId(), row.getType(), row.getName(), row.getPublished());
    }
  }

  private record PeerKey(String serviceId, String instanceId) {
    static PeerKey of(ServiceInstanceInfo row) {
      return new PeerKey(row.getServiceId(), row.getInstanceId());
    }
  }

  /** Replaces everything by a snapshot; without a policy it leaves the one that there is. */
  public void apply(RegistrySnapshot snapshot) {
    methods.clear();
    instances.clear();
    snapshot.getMethodsList().forEach(row -> methods.put(MethodKey.of(row), row));
    snapshot.getInstancesList().forEach(this::put);
    subscriptions = snapshot.getEventSubscriptionsList();
    outgoing = snapshot.getOutgoingCallsList();
    if (snapshot.hasPolicy()) {
      policy = new PolicyView(snapshot.getPolicy());
    }
    publish();
  }

  /** Applies an update. */
  public void apply(RegistryUpdate update) {
    Set<String> knownBefore = new HashSet<>(instances.keySet());
    update.getAddedList().forEach(row -> methods.put(MethodKey.of(row), row));
    update.getRemovedList().forEach(row -> methods.remove(MethodKey.of(row)));
    update.getAddedInstancesList().forEach(this::put);
    update.getRemovedInstancesList().forEach(row -> instances.remove(row.getInstanceId()));
    removePeers(new HashSet<>(update.getRemovedPeersList()));
    if (update.hasPolicy()) {
      policy = new PolicyView(update.getPolicy());
    }
    knownBefore.addAll(instances.keySet());
    revocations.revokeInstances(update.getRevokedInstancesList());
    revocations.revokeServices(update.getRevokedServicesList(), knownBefore);
    publish();
  }

  /** Who may be called. */
  public Routes routes() {
    return routes;
  }

  /** What is allowed; null before the first policy. */
  public @Nullable PolicyView policy() {
    return policy;
  }

  /** What applications see of the policy. */
  public Optional<PolicyEvaluation> evaluation() {
    return Optional.ofNullable(policy).map(PolicyView::evaluation);
  }

  /** Who lost its rights. */
  public Revocations revocations() {
    return revocations;
  }

  /** What applications see of the fleet. */
  public ServiceMap map() {
    return map;
  }

  private void put(ServiceInstanceInfo row) {
    instances.put(row.getInstanceId(), row);
    revocations.appeared(row.getServiceId(), row.getInstanceId());
  }

  private void removePeers(Set<String> peers) {
    if (peers.isEmpty()) {
      return;
    }
    methods.values().removeIf(row -> peers.contains(row.getServiceId()));
    instances.values().removeIf(row -> peers.contains(row.getServiceId()));
    subscriptions =
        subscriptions.stream().filter(row -> !peers.contains(row.getServiceId())).toList();
    outgoing = outgoing.stream().filter(row -> !peers.contains(row.getCallerServiceId())).toList();
  }

  private void publish() {
    memories.keySet().removeIf(key -> !present(key));
    routes = Routes.of(methods.values(), instances, this::memory, revocations);
    map = ServiceMaps.of(methods.values(), instances.values(), subscriptions, outgoing);
  }

  private boolean present(PeerKey key) {
    ServiceInstanceInfo row = instances.get(key.instanceId());
    return row != null && row.getServiceId().equals(key.serviceId());
  }

  private PeerMemory memory(ServiceInstanceInfo row) {
    return memories.computeIfAbsent(
        PeerKey.of(row), key -> PeerMemory.of(key.serviceId(), key.instanceId()));
  }
}
