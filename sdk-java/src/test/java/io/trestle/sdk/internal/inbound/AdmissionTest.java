package io.trestle.sdk.internal.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.Acceptance;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.sdk.internal.inbound.Admission.Verdict;
import io.trestle.sdk.internal.registry.PolicyView;
import io.trestle.sdk.internal.registry.RegistryView;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final String S1 = "01919191-0000-7000-8000-000000000001";
  private static final String S2 = "01919191-0000-7000-8000-000000000002";
  private static final Optional<SpiffeId> PEER = Optional.of(SpiffeId.service(S1, "i1"));
  private static final Optional<SpiffeId> RUNTIME = Optional.of(SpiffeId.runtime());
  private static final PolicyView OPEN = policy();
  private static final PolicyView CLOSED = policy(rule("rpc.handle", S2, "*"));

  private final RegistryView view = new RegistryView();

  @Test
  void refusals_comeInTheOrderOfTheSpecification() {
    revoke(S1);
    assertRefused(judge(true, null, Optional.empty(), ""), StatusCode.UNAVAILABLE, true);
    assertRefused(judge(false, null, Optional.empty(), ""), StatusCode.UNAVAILABLE, true);
    assertRefused(judge(false, CLOSED, Optional.empty(), ""), StatusCode.UNAUTHENTICATED, false);
    assertRefused(judge(false, CLOSED, PEER, ""), StatusCode.PERMISSION_DENIED, false);
    assertThat(text(judge(false, CLOSED, PEER, ""))).contains("revoked");
  }

  @Test
  void unknownPeer_isUnauthenticated_alsoWithoutRules() {
    assertRefused(judge(false, OPEN, Optional.empty(), ""), StatusCode.UNAUTHENTICATED, false);
  }

  @Test
  @Acceptance("AP-6")
  void acceptance_namesTheCaller() {
    assertRefused(judge(false, CLOSED, PEER, ""), StatusCode.PERMISSION_DENIED, false);
    assertThat(text(judge(false, CLOSED, PEER, ""))).contains("acceptance denied").contains(S1);
  }

  @Test
  void service_cannotSpeakForAnother() {
    assertThat(judge(false, OPEN, PEER, "other")).isEqualTo(new Verdict.Admitted(S1, "i1"));
  }

  @Test
  @Acceptance({"AP-17", "WI-58"})
  void runtime_speaksForItsCaller_andPassesAcceptance() {
    assertThat(judge(false, CLOSED, RUNTIME, "s9")).isEqualTo(new Verdict.Admitted("s9", ""));
  }

  @Test
  void runtime_forARevokedService_isRefused() {
    revoke("s9");
    assertRefused(judge(false, OPEN, RUNTIME, "s9"), StatusCode.PERMISSION_DENIED, false);
  }

  @Test
  @Acceptance("AP-18")
  void rules_matchByPeerAndTarget() {
    assertThat(allows(rule("rpc.handle", "", "m"))).isTrue();
    assertThat(allows(rule("rpc.handle", S1, "*"))).isTrue();
    assertThat(allows(rule("rpc.handle", S1, "n"))).isFalse();
    assertThat(allows(rule("rpc.handle", S2, "m"))).isFalse();
    assertThat(allows(rule("event.handle", S2, "x"))).isTrue();
  }

  @Test
  void capabilityOff_peerIsRefused_whateverTheRules_runtimeWasJudgedBefore() {
    PolicyView off = new PolicyView(handling("event.handle"));

    assertRefused(judge(false, off, PEER, ""), StatusCode.PERMISSION_DENIED, false);
    assertThat(text(judge(false, off, PEER, ""))).contains("denied: capability");
    assertThat(judge(false, off, RUNTIME, S1)).isInstanceOf(Verdict.Admitted.class);
    assertThat(judge(false, new PolicyView(handling("rpc.handle")), PEER, ""))
        .isInstanceOf(Verdict.Admitted.class);
  }

  /** All capabilities off: that, too, is a list without names. */
  @Test
  void noCapabilityAtAll_peerIsRefused() {
    PolicyView none = new PolicyView(PolicyEvaluation.getDefaultInstance());

    assertRefused(judge(false, none, PEER, ""), StatusCode.PERMISSION_DENIED, false);
    assertThat(text(judge(false, none, PEER, ""))).contains("denied: capability");
    assertThat(judge(false, none, RUNTIME, S1)).isInstanceOf(Verdict.Admitted.class);
  }

  private static PolicyEvaluation handling(String capability) {
    return PolicyEvaluation.newBuilder().addCapabilities(capability).build();
  }

  @Test
  void rulesThatCannotBeRead_matchNothing_andCloseTheirList() {
    assertThat(allows(rule("rpc.handle", "no-id", "*"))).isFalse();
    assertThat(allows(rule("rpc.handle", "", ""))).isFalse();
    assertThat(allows(rule("rpc.handle", "no-id", "*"), rule("rpc.handle", S1, "m"))).isTrue();
    assertThat(allows(rule("rpc.call", S2, "x"), rule("unknown", S2, "x"))).isTrue();
  }

  private boolean allows(PolicyRule... rules) {
    return judge(false, policy(rules), PEER, "") instanceof Verdict.Admitted;
  }

  private Verdict judge(
      boolean draining, @Nullable PolicyView policy, Optional<SpiffeId> peer, String claimed) {
    return Admission.judge(draining, policy, peer, claimed, view.revocations(), "m");
  }

  private void revoke(String service) {
    view.apply(RegistryUpdate.newBuilder().addRevokedServices(service).build());
  }

  private static void assertRefused(Verdict verdict, StatusCode code, boolean proof) {
    assertThat(verdict).isInstanceOf(Verdict.Refused.class);
    assertThat(((Verdict.Refused) verdict).status().code()).isEqualTo(code);
    assertThat(((Verdict.Refused) verdict).status().notDispatched()).isEqualTo(proof);
  }

  private static String text(Verdict verdict) {
    return ((Verdict.Refused) verdict).status().message();
  }

  private static PolicyRule rule(String action, String peer, String target) {
    return PolicyRule.newBuilder()
        .setAction(action)
        .setPeerServiceId(peer)
        .setTargetName(target)
        .build();
  }

  private static PolicyView policy(PolicyRule... acceptance) {
    return new PolicyView(
        PolicyEvaluation.newBuilder()
            .addCapabilities("rpc.handle")
            .addAllAcceptance(List.of(acceptance))
            .build());
  }
}
