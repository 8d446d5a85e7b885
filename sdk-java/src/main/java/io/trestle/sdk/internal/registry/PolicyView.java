package io.trestle.sdk.internal.registry;

import io.trestle.protocol.v1.PolicyRule;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.PolicyEvaluation;
import java.util.List;
import java.util.Set;

/**
 * The policy as the two ends of a call apply it. The rules of one action are an allow-list: none of
 * them means everything is allowed, else one must match (rpc.md 2.2). Immutable.
 */
public final class PolicyView {
  private static final String ANY = "*";

  private final PolicyEvaluation evaluation;
  private final List<PolicyEvaluation.Rule> calls;
  private final List<PolicyEvaluation.Rule> handles;

  /** Of what the runtime pushed. */
  public PolicyView(io.trestle.protocol.v1.PolicyEvaluation pushed) {
    this.evaluation =
        new PolicyEvaluation(
            Set.copyOf(pushed.getCapabilitiesList()),
            rules(pushed.getEgressList()),
            rules(pushed.getAcceptanceList()),
            pushed.getWarningsList().stream()
                .map(
                    w ->
                        new BridgeEvent.PolicyViolation(
                            w.getDeclaration(), w.getValue(), w.getDenySide(), w.getReason()))
                .toList());
    this.calls = of(evaluation.egress(), "rpc.call");
    this.handles = of(evaluation.acceptance(), "rpc.handle");
  }

  /** What applications see. */
  public PolicyEvaluation evaluation() {
    return evaluation;
  }

  /** Whether this service may call a method. */
  public boolean mayCall(String peerServiceId, String method) {
    return allows(calls, peerServiceId, method);
  }

  /** Whether a peer may call a method of this service. */
  public boolean accepts(String callerServiceId, String method) {
    return allows(handles, callerServiceId, method);
  }

  private static boolean allows(List<PolicyEvaluation.Rule> rules, String peer, String target) {
    if (rules.isEmpty()) {
      return true;
    }
    for (PolicyEvaluation.Rule rule : rules) {
      boolean peerFits = rule.peerServiceId().isEmpty() || rule.peerServiceId().equals(peer);
      if (peerFits && (rule.target().equals(ANY) || rule.target().equals(target))) {
        return true;
      }
    }
    return false;
  }

  private static List<PolicyEvaluation.Rule> of(List<PolicyEvaluation.Rule> rules, String action) {
    return rules.stream().filter(rule -> rule.action().equals(action)).toList();
  }

  private static List<PolicyEvaluation.Rule> rules(List<PolicyRule> pushed) {
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
