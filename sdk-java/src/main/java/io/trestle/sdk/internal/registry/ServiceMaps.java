package io.trestle.sdk.internal.registry;

import io.trestle.protocol.v1.EventSubscriptionDescriptor;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.OutgoingCallDescriptor;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import io.trestle.sdk.ServiceMap;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Arranges rows as {@link ServiceMap}: an entry for each service name that has a method or an
 * instance; subscriptions and outgoing calls are attached by the id of their service.
 */
final class ServiceMaps {
  private ServiceMaps() {}

  private record Rows(
      List<ServiceMap.Method> methods,
      List<ServiceMap.Instance> instances,
      List<ServiceMap.Subscription> subscriptions,
      List<ServiceMap.OutgoingCall> outgoing) {

    Rows() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    ServiceMap.Service entry() {
      return new ServiceMap.Service(methods, instances, subscriptions, outgoing);
    }
  }

  static ServiceMap of(
      Collection<MethodDescriptor> methods,
      Collection<ServiceInstanceInfo> instances,
      Collection<EventSubscriptionDescriptor> subscriptions,
      Collection<OutgoingCallDescriptor> outgoing) {
    Map<String, Rows> byName = new LinkedHashMap<>();
    Map<String, Rows> byId = new HashMap<>();
    for (ServiceInstanceInfo row : instances) {
      rows(byName, byId, row.getServiceName(), row.getServiceId()).instances().add(instance(row));
    }
    for (MethodDescriptor row : methods) {
      rows(byName, byId, row.getServiceName(), row.getServiceId()).methods().add(method(row));
    }
    for (EventSubscriptionDescriptor row : subscriptions) {
      Optional.ofNullable(byId.get(row.getServiceId()))
          .ifPresent(
              rows ->
                  rows.subscriptions()
                      .add(new ServiceMap.Subscription(row.getPattern(), row.getFilter())));
    }
    for (OutgoingCallDescriptor row : outgoing) {
      Optional.ofNullable(byId.get(row.getCallerServiceId()))
          .ifPresent(rows -> rows.outgoing().add(outgoing(row)));
    }
    Map<String, ServiceMap.Service> services = new HashMap<>();
    byName.forEach((name, rows) -> services.put(name, rows.entry()));
    return new ServiceMap(services);
  }

  private static Rows rows(
      Map<String, Rows> byName, Map<String, Rows> byId, String name, String id) {
    Rows rows = byName.computeIfAbsent(name, n -> new Rows());
    byId.putIfAbsent(id, rows);
    return rows;
  }

  private static ServiceMap.Method method(MethodDescriptor row) {
    return new ServiceMap.Method(
        kind(row.getType()),
        row.getName(),
        row.getInstanceId(),
        row.getContractHash(),
        row.getPublished(),
        row.getStreaming());
  }

  private static ServiceMap.Instance instance(ServiceInstanceInfo row) {
    long since = row.getIsUnhealthySinceUnixMs();
    return new ServiceMap.Instance(
        row.getInstanceId(),
        row.getServiceId(),
        row.getCallEndpoint(),
        row.getHttpEndpoint(),
        row.getStatus(),
        since == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(since)));
  }

  private static ServiceMap.OutgoingCall outgoing(OutgoingCallDescriptor row) {
    return new ServiceMap.OutgoingCall(
        row.getTargetServiceId(), row.getTargetMethod(), kind(row.getTargetType()));
  }

  private static ServiceMap.Kind kind(MethodType type) {
    return switch (type) {
      case METHOD_TYPE_RPC -> ServiceMap.Kind.RPC;
      case METHOD_TYPE_EVENT -> ServiceMap.Kind.EVENT;
      case METHOD_TYPE_WORKFLOW -> ServiceMap.Kind.WORKFLOW;
      case METHOD_TYPE_JOB -> ServiceMap.Kind.JOB;
      case METHOD_TYPE_HTTP -> ServiceMap.Kind.HTTP;
      case METHOD_TYPE_UNSPECIFIED, UNRECOGNIZED -> ServiceMap.Kind.UNKNOWN;
    };
  }
}
