package io.trestle.protocol.policy;

import io.trestle.protocol.events.EventPattern;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The policy of one service, compiled for asking (docs/spec rpc 2.1, 2.2). Immutable, safe from any
 * thread; equal when capabilities and rules are.
 *
 * <p><b>Model.</b> The rules of one action are an allow-list: without a rule everything is allowed,
 * otherwise one of them has to match. There are no rules that forbid and no order. A rule matches a
 * call when its peer is none or the other end, and its target is {@code *} or the name.
 *
 * <p><b>Cost.</b> This is asked for every proxied call, twice. Rules are therefore kept as sets of
 * names by peer, and asking is two look-ups that allocate nothing, whatever the number of rules.
 *
 * <p><b>Faulty rules.</b> Rows are edited by hand too. A rule with a problem matches nothing, and
 * still closes its list: what was meant as a restriction must not open the service.
 */
public final class ServicePolicy {
  /** Of a new service: it may do everything and accepts everybody. */
  public static final ServicePolicy OPEN =
      new ServicePolicy(EnumSet.allOf(Capability.class), List.of());

  private final Set<Capability> capabilities;
  private final List<Rule> rules;
  private final Map<Action, TargetList> targets = new EnumMap<>(Action.class);
  private final Map<Action, PatternList> patterns = new EnumMap<>(Action.class);

  private ServicePolicy(Set<Capability> capabilities, List<Rule> rules) {
    this.capabilities = capabilities;
    this.rules = rules;
    for (Action action : Action.values()) {
      List<Rule> own = rules.stream().filter(rule -> rule.action() == action).toList();
      if (action.isOfEvents()) {
        patterns.put(action, PatternList.of(own));
      } else {
        targets.put(action, TargetList.of(own));
      }
    }
  }

  /** The policy of these flags and rules; equal rules count once. */
  public static ServicePolicy of(Collection<Capability> capabilities, Collection<Rule> rules) {
    Set<Capability> flags = EnumSet.noneOf(Capability.class);
    flags.addAll(capabilities);
    ServicePolicy policy = new ServicePolicy(flags, rules.stream().distinct().sorted().toList());
    return policy.equals(OPEN) ? OPEN : policy;
  }

  /** Whether the flag is on. */
  public boolean can(Capability capability) {
    return capabilities.contains(capability);
  }

  /** The flags that are on, in the order of {@link Capability}. */
  public List<Capability> capabilities() {
    return List.copyOf(capabilities);
  }

  /** All rules by action, peer and target, faulty ones too. */
  public List<Rule> rules() {
    return rules;
  }

  /**
   * Whether a call is allowed.
   *
   * @param action one that is not of events
   * @param peer the other end; null = one that no rule can name
   */
  public boolean allows(Action action, @Nullable UUID peer, String target) {
    return targets(action).allows(peer, target);
  }

  /** Whether some call with this peer is allowed: the question of a dependency on {@code *}. */
  public boolean allowsSome(Action action, @Nullable UUID peer) {
    return targets(action).allowsSome(peer);
  }

  /** Whether a target of a peer is in the scope of this service (docs/spec rpc 1.3 rule 5). */
  public boolean shows(Action action, UUID peer, String target) {
    return targets(action).shows(peer, target);
  }

  /** Whether an event of that name is allowed. */
  public boolean allows(Action action, String event) {
    return patterns(action).allows(event);
  }

  /**
   * Whether all that the pattern stands for is allowed, by the sufficient test of {@link
   * EventPattern#contains}.
   */
  public boolean covers(Action action, EventPattern pattern) {
    return patterns(action).covers(pattern);
  }

  /** Whether the action has no rule at all. */
  public boolean isOpen(Action action) {
    return action.isOfEvents() ? patterns(action).isOpen() : targets(action) == TargetList.OPEN;
  }

  private TargetList targets(Action action) {
    TargetList list = targets.get(action);
    if (list == null) {
      throw new IllegalArgumentException("action: " + action + " (expected: one of calls)");
    }
    return list;
  }

  private PatternList patterns(Action action) {
    PatternList list = patterns.get(action);
    if (list == null) {
      throw new IllegalArgumentException("action: " + action + " (expected: one of events)");
    }
    return list;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ServicePolicy policy
        && policy.capabilities.equals(capabilities)
        && policy.rules.equals(rules);
  }

  @Override
  public int hashCode() {
    return Objects.hash(capabilities, rules);
  }

  @Override
  public String toString() {
    return "ServicePolicy" + capabilities + rules;
  }
}
