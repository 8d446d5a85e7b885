package io.trestle.sdk.internal.registry;

import io.trestle.protocol.HostPort;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.ServiceInstanceInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Who serves what, at one moment. Immutable but for what is remembered of peers. */
public final class Routes {
  /** Nobody serves anything. */
  public static final Routes EMPTY = new Routes(Map.of(), Set.of());

  private final Map<String, Map<String, List<Route>>> byService;
  private final Set<String> callableInstances;

  private Routes(Map<String, Map<String, List<Route>>> byService, Set<String> callable) {
    this.byService = byService;
    this.callableInstances = callable;
  }

  static Routes of(
      Collection<MethodDescriptor> methods,
      Map<String, ServiceInstanceInfo> instances,
      Function<ServiceInstanceInfo, PeerMemory> memories,
      Revocations revocations) {
    Map<String, Map<String, List<Route>>> byService = new HashMap<>();
    Set<String> callable = new HashSet<>();
    for (MethodDescriptor method : methods) {
      ServiceInstanceInfo instance = instances.get(method.getInstanceId());
      if (method.getType() != MethodType.METHOD_TYPE_RPC
          || instance == null
          || revocations.revoked(method.getServiceId(), method.getInstanceId())) {
        continue;
      }
      callable.add(method.getInstanceId());
      byService
          .computeIfAbsent(method.getServiceName(), name -> new HashMap<>())
          .computeIfAbsent(method.getName(), name -> new ArrayList<>())
          .add(route(method, instance, memories.apply(instance)));
    }
    return new Routes(byService, callable);
  }

  /** Those who serve a method; empty if nobody does. */
  public List<Route> find(String serviceName, String method) {
    return byService.getOrDefault(serviceName, Map.of()).getOrDefault(method, List.of());
  }

  /** Whether an instance serves anything that may be called. */
  public boolean callable(String instanceId) {
    return callableInstances.contains(instanceId);
  }

  private static Route route(
      MethodDescriptor method, ServiceInstanceInfo instance, PeerMemory memory) {
    return new Route(
        method.getServiceId(),
        method.getInstanceId(),
        method.getContractHash(),
        HostPort.parse(instance.getCallEndpoint()).orElse(null),
        instance.getIsUnhealthySinceUnixMs(),
        method.getStreaming(),
        memory);
  }
}
