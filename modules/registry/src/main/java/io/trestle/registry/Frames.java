package io.trestle.registry;

import io.trestle.conversations.Registrations;
import io.trestle.conversations.Registrations.Content;
import io.trestle.conversations.Registrations.Snapshot;
import io.trestle.conversations.Registrations.Update;
import io.trestle.protocol.v1.CaptureModes;
import io.trestle.protocol.v1.EventSubscriptionDescriptor;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.OutgoingCallDescriptor;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.protocol.v1.PolicyViolation;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.v1.RegistrySnapshot;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Frames of a view as messages of {@code servicebridge.v1}. */
final class Frames {
  private Frames() {}

  static RegistryEvent event(Content content) {
    RegistryEvent.Builder event = RegistryEvent.newBuilder();
    if (content instanceof Snapshot snapshot) {
      return event.setSnapshot(snapshot(snapshot)).build();
    }
    return event.setUpdate(update((Update) content)).build();
  }

  private static RegistrySnapshot snapshot(Snapshot s) {
    return RegistrySnapshot.newBuilder()
        .addAllMethods(methods(s.methods()))
        .addAllInstances(instances(s.instances()))
        .addAllEventSubscriptions(s.subscriptions().stream().map(Frames::subscription).toList())
        .addAllOutgoingCalls(s.outgoing().stream().map(Frames::outgoing).toList())
        .setPolicy(policy(s.policy()))
        .setCaptureModes(capture(s.captureModes()))
        .build();
  }

  private static RegistryUpdate update(Update u) {
    RegistryUpdate.Builder update =
        RegistryUpdate.newBuilder()
            .addAllAdded(methods(u.added()))
            .addAllRemoved(methods(u.removed()))
            .addAllAddedInstances(instances(u.addedInstances()))
            .addAllRemovedInstances(instances(u.removedInstances()))
            .addAllAddedPeers(texts(u.addedPeers()))
            .addAllRemovedPeers(texts(u.removedPeers()))
            .setCaptureModes(capture(u.captureModes()))
            .addAllRevokedServices(texts(u.revokedServices()))
            .addAllRevokedInstances(texts(u.revokedInstances()));
    Registrations.@Nullable Policy policy = u.policy();
    if (policy != null) {
      update.setPolicy(policy(policy));
    }
    return update.build();
  }

  private static List<MethodDescriptor> methods(List<Registrations.Method> methods) {
    return methods.stream().map(Frames::method).toList();
  }

  private static MethodDescriptor method(Registrations.Method m) {
    return MethodDescriptor.newBuilder()
        .setServiceName(m.serviceName())
        .setServiceId(m.serviceId().toString())
        .setInstanceId(m.instanceId().toString())
        .setTypeValue(m.type())
        .setName(m.name())
        .setContractHash(m.contractHash())
        .setPublished(m.published())
        .setInputSchema(Translation.bytes(m.inputSchema()))
        .setOutputSchema(Translation.bytes(m.outputSchema()))
        .setStreaming(m.streaming())
        .build();
  }

  private static List<ServiceInstanceInfo> instances(List<Registrations.Instance> instances) {
    return instances.stream().map(Frames::instance).toList();
  }

  private static ServiceInstanceInfo instance(Registrations.Instance i) {
    return ServiceInstanceInfo.newBuilder()
        .setInstanceId(i.instanceId().toString())
        .setServiceId(i.serviceId().toString())
        .setServiceName(i.serviceName())
        .setCallEndpoint(i.callEndpoint())
        .setStatus(i.status())
        .setHttpEndpoint(i.httpEndpoint())
        .setIsUnhealthySinceUnixMs(i.unhealthySinceMillis())
        .build();
  }

  private static EventSubscriptionDescriptor subscription(Registrations.SubscriptionRow s) {
    return EventSubscriptionDescriptor.newBuilder()
        .setServiceId(s.serviceId().toString())
        .setServiceName(s.serviceName())
        .setPattern(s.pattern())
        .setFilter(s.filter())
        .build();
  }

  private static OutgoingCallDescriptor outgoing(Registrations.OutgoingRow o) {
    return OutgoingCallDescriptor.newBuilder()
        .setCallerServiceId(o.callerServiceId().toString())
        .setTargetServiceId(o.targetServiceId().toString())
        .setTargetMethod(o.method())
        .setTargetTypeValue(o.type())
        .build();
  }

  private static PolicyEvaluation policy(Registrations.Policy p) {
    return PolicyEvaluation.newBuilder()
        .addAllCapabilities(p.capabilities())
        .addAllEgress(p.egress().stream().map(Frames::rule).toList())
        .addAllAcceptance(p.acceptance().stream().map(Frames::rule).toList())
        .addAllWarnings(p.warnings().stream().map(Frames::violation).toList())
        .build();
  }

  private static PolicyRule rule(Registrations.Rule r) {
    @Nullable UUID peer = r.peerServiceId();
    return PolicyRule.newBuilder()
        .setAction(r.action())
        .setPeerServiceId(peer == null ? "" : peer.toString())
        .setPeerServiceName(r.peerServiceName())
        .setTargetName(r.targetName())
        .build();
  }

  private static PolicyViolation violation(Registrations.Violation v) {
    return PolicyViolation.newBuilder()
        .setDeclaration(v.declaration())
        .setValue(v.value())
        .setDenySide(v.denySide())
        .setReason(v.reason())
        .build();
  }

  private static CaptureModes capture(Registrations.CaptureModes c) {
    return CaptureModes.newBuilder()
        .setRpcValue(c.rpc())
        .setHttpValue(c.http())
        .setEventValue(c.event())
        .setWorkflowValue(c.workflow())
        .setTelemetryEnabled(c.telemetryEnabled())
        .setPayloadMaxBytes(c.payloadMaxBytes())
        .build();
  }

  private static List<String> texts(List<UUID> ids) {
    return ids.stream().map(UUID::toString).toList();
  }
}
