package io.trestle.registry.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Registrations.CaptureModes;
import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Instance;
import io.trestle.conversations.Registrations.Method;
import io.trestle.conversations.Registrations.OutgoingRow;
import io.trestle.conversations.Registrations.Policy;
import io.trestle.conversations.Registrations.Snapshot;
import io.trestle.conversations.Registrations.SubscriptionRow;
import io.trestle.conversations.Registrations.Update;
import io.trestle.registry.core.Entry.MethodKey;
import io.trestle.registry.core.View.SubscriptionKey;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an SDK keeps of a registry stream: frames applied exactly in the order of rpc.md 1.4. It
 * fails on frames that an SDK would misread.
 */
final class SdkCache {
  final Map<MethodKey, Method> methods = new LinkedHashMap<>();
  final Map<UUID, Instance> instances = new LinkedHashMap<>();
  final Map<SubscriptionKey, SubscriptionRow> subscriptions = new LinkedHashMap<>();
  final Set<OutgoingRow> outgoing = new LinkedHashSet<>();
  final Set<UUID> revokedServices = new HashSet<>();
  final Set<UUID> revokedInstances = new HashSet<>();
  @Nullable Policy policy;
  @Nullable CaptureModes captureModes;
  private boolean ready;

  void apply(Content content) {
    if (content instanceof Snapshot snapshot) {
      replace(snapshot);
    } else {
      assertThat(ready).as("a snapshot precedes every update").isTrue();
      change((Update) content);
    }
  }

  private void replace(Snapshot s) {
    ready = true;
    methods.clear();
    instances.clear();
    subscriptions.clear();
    outgoing.clear();
    s.methods().forEach(m -> methods.put(key(m), m));
    s.instances().forEach(i -> instances.put(i.instanceId(), i));
    s.subscriptions().forEach(r -> subscriptions.put(key(r), r));
    outgoing.addAll(s.outgoing());
    policy = s.policy();
    captureModes = s.captureModes();
  }

  private void change(Update u) {
    assertThat(Collections.disjoint(keys(u.added()), keys(u.removed())))
        .as("no key is added and removed in one frame")
        .isTrue();
    u.added().forEach(m -> methods.put(key(m), m));
    u.removed().forEach(m -> methods.remove(key(m)));
    u.addedInstances().forEach(i -> instances.put(i.instanceId(), i));
    u.removedInstances().forEach(i -> instances.remove(i.instanceId()));
    u.removedPeers().forEach(this::purge);
    if (u.policy() != null) {
      policy = u.policy();
    }
    assertThat(u.captureModes()).as("stamped on every update").isNotNull();
    captureModes = u.captureModes();
    revokedServices.addAll(u.revokedServices());
    revokedInstances.addAll(u.revokedInstances());
  }

  private void purge(UUID service) {
    methods.values().removeIf(m -> m.serviceId().equals(service));
    instances.values().removeIf(i -> i.serviceId().equals(service));
    subscriptions.values().removeIf(s -> s.serviceId().equals(service));
    outgoing.removeIf(o -> o.callerServiceId().equals(service));
  }

  Instance instance(UUID id) {
    return Objects.requireNonNull(instances.get(id), "instance");
  }

  /** Names of the methods and events it knows, as service/name. */
  List<String> methodNames() {
    return methods.values().stream().map(m -> m.serviceName() + "/" + m.name()).toList();
  }

  List<String> subscriptionNames() {
    return subscriptions.values().stream().map(s -> s.serviceName() + ":" + s.pattern()).toList();
  }

  Set<String> services() {
    Set<String> names = new LinkedHashSet<>();
    methods.values().forEach(m -> names.add(m.serviceName()));
    instances.values().forEach(i -> names.add(i.serviceName()));
    return names;
  }

  private static List<MethodKey> keys(List<Method> methods) {
    return methods.stream().map(SdkCache::key).toList();
  }

  private static MethodKey key(Method m) {
    return new MethodKey(m.instanceId(), m.type(), m.name(), m.published());
  }

  private static SubscriptionKey key(SubscriptionRow s) {
    return new SubscriptionKey(s.serviceId(), s.pattern());
  }
}
