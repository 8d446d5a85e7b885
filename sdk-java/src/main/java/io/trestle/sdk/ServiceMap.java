package io.trestle.sdk;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What this instance sees of the fleet: itself, and what its dependencies and policies show.
 *
 * @param services by name; only services with a method or an instance are listed
 */
public record ServiceMap(Map<String, Service> services) {

  /** Nothing is visible. */
  public static final ServiceMap EMPTY = new ServiceMap(Map.of());

  /** Copies the map. */
  public ServiceMap {
    services = Map.copyOf(services);
  }

  /** A service by its name. */
  public Optional<Service> service(String name) {
    return Optional.ofNullable(services.get(name));
  }

  /** One service. */
  public record Service(
      List<Method> methods,
      List<Instance> instances,
      List<Subscription> eventSubscriptions,
      List<OutgoingCall> outgoingCalls) {

    /** Copies the lists. */
    public Service {
      methods = List.copyOf(methods);
      instances = List.copyOf(instances);
      eventSubscriptions = List.copyOf(eventSubscriptions);
      outgoingCalls = List.copyOf(outgoingCalls);
    }
  }

  /** The kind of something callable. */
  public enum Kind {
    /** A remote procedure. */
    RPC,
    /** An event. */
    EVENT,
    /** A workflow. */
    WORKFLOW,
    /** A job. */
    JOB,
    /** A route. */
    HTTP,
    /** Something newer than this SDK. */
    UNKNOWN
  }

  /** One method of one instance. */
  public record Method(
      Kind kind,
      String name,
      String instanceId,
      String contractHash,
      boolean published,
      boolean streaming) {}

  /**
   * One instance.
   *
   * @param callEndpoint {@code host:port}; empty if it takes no calls
   * @param httpEndpoint {@code host:port}; empty if it has none
   * @param unhealthySince start of its current bad time
   */
  public record Instance(
      String instanceId,
      String serviceId,
      String callEndpoint,
      String httpEndpoint,
      String status,
      Optional<Instant> unhealthySince) {}

  /** What a service listens to. */
  public record Subscription(String pattern, String filter) {}

  /** What a service uses. */
  public record OutgoingCall(String targetServiceId, String method, Kind kind) {}
}
