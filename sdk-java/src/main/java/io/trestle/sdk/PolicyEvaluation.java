package io.trestle.sdk;

import java.util.List;
import java.util.Set;

/**
 * What the runtime allows this service, as pushed last (rpc.md 2.4).
 *
 * @param capabilities those that are on
 * @param egress what this service may use; an action without a rule is open
 * @param acceptance who may use this service; an action without a rule is open
 * @param warnings declarations that the rules do not cover
 */
public record PolicyEvaluation(
    Set<String> capabilities,
    List<Rule> egress,
    List<Rule> acceptance,
    List<BridgeEvent.PolicyViolation> warnings) {

  /**
   * One allowance.
   *
   * @param peerServiceId empty for any
   * @param peerServiceName for people
   * @param target a name, {@code *}, or for events a pattern
   */
  public record Rule(String action, String peerServiceId, String peerServiceName, String target) {}

  /** Copies the collections. */
  public PolicyEvaluation {
    capabilities = Set.copyOf(capabilities);
    egress = List.copyOf(egress);
    acceptance = List.copyOf(acceptance);
    warnings = List.copyOf(warnings);
  }
}
