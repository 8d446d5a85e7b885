package io.trestle.rpc.core;

import io.trestle.conversations.Callables.Instance;
import io.trestle.conversations.Callables.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Instances to choose from. */
final class Candidates {
  private Candidates() {}

  static Instance healthy(int id, Method... methods) {
    return new Instance(new UUID(0, id), "10.0.0." + id + ":7000", 0, List.of(methods));
  }

  static Instance unhealthy(int id) {
    return new Instance(new UUID(0, id), "10.0.0." + id + ":7000", 1, List.of());
  }

  /** All that a selection gives, in order, each released at once. */
  static List<Instance> drain(Selection selection) {
    List<Instance> order = new ArrayList<>();
    for (var next = selection.next(); next.isPresent(); next = selection.next()) {
      order.add(next.get());
      selection.release(next.get());
    }
    return order;
  }
}
