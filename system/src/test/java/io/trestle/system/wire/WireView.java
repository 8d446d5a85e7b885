package io.trestle.system.wire;

import io.trestle.protocol.v1.CaptureModes;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.v1.RegistrySnapshot;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What an SDK knows after these events, by the rules of wire.md 4.3. */
final class WireView {
  private final Map<String, MethodDescriptor> methods = new LinkedHashMap<>();
  private final Map<String, ServiceInstanceInfo> instances = new LinkedHashMap<>();
  private final Set<String> revokedServices = new LinkedHashSet<>();
  private final Set<String> revokedInstances = new LinkedHashSet<>();
  private CaptureModes modes = CaptureModes.getDefaultInstance();
  private PolicyEvaluation policy = PolicyEvaluation.getDefaultInstance();
  private int snapshots;

  static WireView of(List<RegistryEvent> events) {
    WireView view = new WireView();
    events.forEach(view::apply);
    return view;
  }

  /** Methods of a service that can be called now. */
  List<MethodDescriptor> methods(String serviceId) {
    return methods.values().stream().filter(m -> m.getServiceId().equals(serviceId)).toList();
  }

  Map<String, ServiceInstanceInfo> instances() {
    return instances;
  }

  /** Where an instance takes calls; empty when it is unknown or takes none. */
  String endpoint(String instanceId) {
    ServiceInstanceInfo instance = instances.get(instanceId);
    return instance == null ? "" : instance.getCallEndpoint();
  }

  Set<String> revokedServices() {
    return revokedServices;
  }

  Set<String> revokedInstances() {
    return revokedInstances;
  }

  CaptureModes modes() {
    return modes;
  }

  /** The evaluation that was told last. */
  PolicyEvaluation policy() {
    return policy;
  }

  /** Warnings as {@code declaration value side}. */
  List<String> warnings() {
    return policy.getWarningsList().stream()
        .map(w -> w.getDeclaration() + " " + w.getValue() + " " + w.getDenySide())
        .toList();
  }

  int snapshots() {
    return snapshots;
  }

  private void apply(RegistryEvent event) {
    if (event.hasSnapshot()) {
      apply(event.getSnapshot());
    } else {
      apply(event.getUpdate());
    }
  }

  private void apply(RegistrySnapshot snapshot) {
    snapshots++;
    methods.clear();
    instances.clear();
    snapshot.getMethodsList().forEach(m -> methods.put(key(m), m));
    snapshot.getInstancesList().forEach(i -> instances.put(i.getInstanceId(), i));
    modes = snapshot.getCaptureModes();
    policy = snapshot.getPolicy();
  }

  private void apply(RegistryUpdate update) {
    update.getAddedList().forEach(m -> methods.put(key(m), m));
    update.getRemovedList().forEach(m -> methods.remove(key(m)));
    update.getAddedInstancesList().forEach(i -> instances.put(i.getInstanceId(), i));
    update.getRemovedInstancesList().forEach(i -> instances.remove(i.getInstanceId()));
    for (String gone : update.getRemovedPeersList()) {
      methods.values().removeIf(m -> m.getServiceId().equals(gone));
      instances.values().removeIf(i -> i.getServiceId().equals(gone));
    }
    revokedServices.addAll(update.getRevokedServicesList());
    revokedInstances.addAll(update.getRevokedInstancesList());
    if (update.hasPolicy()) {
      policy = update.getPolicy();
    }
    if (update.hasCaptureModes()) {
      modes = update.getCaptureModes();
    }
  }

  private static String key(MethodDescriptor m) {
    return m.getInstanceId() + " " + m.getTypeValue() + " " + m.getName() + " " + m.getPublished();
  }
}
