package io.trestle.protocol.policy;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one action on calls, by peer, so that a call is two look-ups whatever their number.
 */
final class TargetList {
  static final TargetList OPEN = new TargetList(true);

  private final boolean open;
  private final Targets ofAnyPeer = new Targets();
  private final Map<UUID, Targets> byPeer = new HashMap<>();

  private TargetList(boolean open) {
    this.open = open;
  }

  /** Targets that one peer, or any, may be the other end of. */
  private static final class Targets {
    private final Set<String> names = new HashSet<>();
    private boolean all;

    void add(String target) {
      all |= target.equals(Rule.ANY);
      names.add(target);
    }

    boolean allow(String target) {
      return all || names.contains(target);
    }

    boolean isEmpty() {
      return names.isEmpty();
    }
  }

  static TargetList of(Collection<Rule> rules) {
    if (rules.isEmpty()) {
      return OPEN;
    }
    TargetList list = new TargetList(false);
    rules.stream().filter(rule -> rule.problem() == null).forEach(list::add);
    return list;
  }

  private void add(Rule rule) {
    UUID peer = rule.peer();
    Targets targets = peer == null ? ofAnyPeer : byPeer.computeIfAbsent(peer, p -> new Targets());
    targets.add(rule.target());
  }

  boolean allows(@Nullable UUID peer, String target) {
    return open || ofAnyPeer.allow(target) || allowsPeer(peer, target);
  }

  private boolean allowsPeer(@Nullable UUID peer, String target) {
    Targets targets = peer == null ? null : byPeer.get(peer);
    return targets != null && targets.allow(target);
  }

  /** Whether some target with this peer is allowed. */
  boolean allowsSome(@Nullable UUID peer) {
    return open || !ofAnyPeer.isEmpty() || (peer != null && byPeer.containsKey(peer));
  }

  /** Like {@link #allows}, but a rule for any peer shows everything (docs/spec rpc 1.3 rule 5). */
  boolean shows(UUID peer, String target) {
    return open || !ofAnyPeer.isEmpty() || allowsPeer(peer, target);
  }
}
