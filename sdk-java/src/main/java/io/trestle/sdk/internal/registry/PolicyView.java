package io.trestle.sdk.internal.registry;

import io.trestle.protocol.UuidText;
import io.trestle.protocol.policy.Action;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Direction;
import io.trestle.protocol.policy.Rule;
import io.trestle.protocol.policy.ServicePolicy;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.PolicyEvaluation;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The policy of this service as the two ends of a direct call apply it, by the same rules that the
 * runtime applies to proxied ones (rpc.md 2.2). Rules of actions that this SDK does not know mean
 * nothing here. One whose peer is no id matches nothing, but it closes its list: a restriction that
 * cannot be read must not open the service. Immutable.
 */
public final class PolicyView {
  private static final String CAPABILITY = "capability";

  private final PolicyEvaluation evaluation;
  private final ServicePolicy policy;
  private final Set<String> barred;

  /** Of what the runtime pushed. */
  public PolicyView(io.trestle.protocol.v1.PolicyEvaluation pushed) {
    this.evaluation =
        new PolicyEvaluation(
            Set.copyOf(pushed.getCapabilitiesList()),
            shown(pushed.getEgressList()),
            shown(pushed.getAcceptanceList()),
            pushed.getWarningsList().stream()
                .map(
                    w ->
                        new BridgeEvent.PolicyViolation(
                            w.getDeclaration(), w.getValue(), w.getDenySide(), w.getReason()))
                .toList());
    this.policy =
        ServicePolicy.of(
            pushed.getCapabilitiesList().stream()
                .map(Capability::find)
                .flatMap(Optional::stream)
                .toList(),
            Stream.concat(
                    rules(Direction.EGRESS, pushed.getEgressList()),
                    rules(Direction.ACCEPTANCE, pushed.getAcceptanceList()))
                .toList());
    this.barred =
        evaluation.warnings().stream()
            .filter(w -> w.declaration().equals(Action.RPC_CALL.text()))
            .filter(w -> w.denySide().equals(CAPABILITY))
            .map(BridgeEvent.PolicyViolation::value)
            .collect(Collectors.toUnmodifiableSet());
  }

  /** What applications see. */
  public PolicyEvaluation evaluation() {
    return evaluation;
  }

  /** Whether this service may call a method. */
  public boolean mayCall(String peerServiceId, String method) {
    return allows(Action.RPC_CALL, peerServiceId, method);
  }

  /**
   * Whether the flag {@code rpc.call} is off. It is not pushed itself (rpc.md 2.1): what is pushed
   * is a warning for each dependency that it forbids, and what is no dependency is not seen.
   */
  public boolean barsCall(String service, String method) {
    return !barred.isEmpty()
        && (barred.contains(service + '/' + method) || barred.contains(service + '/' + Rule.ANY));
  }

  /**
   * Whether this service handles calls at all. All that is on is named (rpc.md 2.4), so a list
   * without names says that nothing is.
   */
  public boolean handlesCalls() {
    return policy.can(Capability.RPC_HANDLE);
  }

  /** Whether a peer may call a method of this service. */
  public boolean accepts(String callerServiceId, String method) {
    return allows(Action.RPC_HANDLE, callerServiceId, method);
  }

  private boolean allows(Action action, String peer, String method) {
    return policy.isOpen(action) || policy.allows(action, id(peer), method);
  }

  private static Stream<Rule> rules(Direction direction, List<PolicyRule> pushed) {
    return pushed.stream()
        .flatMap(row -> Action.find(direction, row.getAction()).map(a -> rule(a, row)).stream());
  }

  private static Rule rule(Action action, PolicyRule row) {
    UUID peer = id(row.getPeerServiceId());
    boolean unreadable = peer == null && !row.getPeerServiceId().isEmpty();
    // no target is a fault by which a rule matches nothing
    return new Rule(action, peer, unreadable && !action.isOfEvents() ? "" : row.getTargetName());
  }

  private static @Nullable UUID id(String text) {
    return UuidText.parse(text).map(UUID::fromString).orElse(null);
  }

  private static List<PolicyEvaluation.Rule> shown(List<PolicyRule> pushed) {
    return pushed.stream()
        .map(
            rule ->
                new PolicyEvaluation.Rule(
                    rule.getAction(),
                    rule.getPeerServiceId(),
                    rule.getPeerServiceName(),
                    rule.getTargetName()))
        .toList();
  }
}
