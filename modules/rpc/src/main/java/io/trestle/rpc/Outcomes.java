package io.trestle.rpc;

import io.trestle.conversations.Callables.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Gathers outcomes of calls per instance, to be told a few times a second instead of per call. */
final class Outcomes {
  private final Map<UUID, Outcome> gathered = new ConcurrentHashMap<>();

  void add(UUID instance, boolean failure) {
    Outcome one = new Outcome(instance, failure ? 0 : 1, failure ? 1 : 0);
    gathered.merge(instance, one, Outcomes::sum);
  }

  private static Outcome sum(Outcome a, Outcome b) {
    return new Outcome(a.instanceId(), a.successes() + b.successes(), a.failures() + b.failures());
  }

  /** Takes what was gathered; empty when there is nothing. */
  List<Outcome> take() {
    List<Outcome> taken = new ArrayList<>();
    for (UUID instance : List.copyOf(gathered.keySet())) {
      Outcome outcome = gathered.remove(instance);
      if (outcome != null) {
        taken.add(outcome);
      }
    }
    return taken;
  }
}
