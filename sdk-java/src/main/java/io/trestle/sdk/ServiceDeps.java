package io.trestle.sdk;

import java.util.ArrayList;
import java.util.List;

/**
 * What is used of another service. {@code *} stands for every method of a kind.
 *
 * @param rpc methods that are called
 * @param workflows workflows that are started
 * @param http routes that are requested, {@code <METHOD> <pattern>}; shown on the service map only
 */
public record ServiceDeps(List<String> rpc, List<String> workflows, List<String> http) {

  /** Copies the lists. */
  public ServiceDeps {
    rpc = List.copyOf(rpc);
    workflows = List.copyOf(workflows);
    http = List.copyOf(http);
  }

  /** Methods to call. */
  public static ServiceDeps rpc(String... methods) {
    return new ServiceDeps(List.of(methods), List.of(), List.of());
  }

  /** The same and workflows. */
  public ServiceDeps workflows(String... names) {
    return new ServiceDeps(rpc, plus(workflows, names), http);
  }

  /** The same and routes. */
  public ServiceDeps http(String... routes) {
    return new ServiceDeps(rpc, workflows, plus(http, routes));
  }

  private static List<String> plus(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(more));
    return all;
  }
}
