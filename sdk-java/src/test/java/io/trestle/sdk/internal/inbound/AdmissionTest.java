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
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final Optional<SpiffeId> PEER = Optional.of(SpiffeId.service("s1", "i1"));
  private static final Optional<SpiffeId> RUNTIME = Optional.of(SpiffeId.runtime());
  private static final PolicyView OPEN = policy();
  private static final PolicyView CLOSED = policy(rule("rpc.handle", "other", "*"));

  private final RegistryView view = new RegistryView();

  @Test
  void refusals_comeInTheOrderOfTheSpecification() {
    revoke("s1");
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
    assertThat(text(judge(false, CLOSED, PEER, ""))).contains("acceptance denied").contains("s1");
  }

  @Test
  void service_cannotSpeakForAnother() {
    assertThat(judge(false, OPEN, PEER, "other")).isEqualTo(new Verdict.Admitted("s1", "i1"));
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
    assertThat(allows(rule("rpc.handle", "s1", "*"))).isTrue();
    assertThat(allows(rule("rpc.handle", "s1", "n"))).isFalse();
    assertThat(allows(rule("rpc.handle", "s2", "m"))).isFalse();
    assertThat(allows(rule("event.handle", "s2", "x"))).isTrue();
  }

  private boolean allows(PolicyRule rule) {
    return judge(false, policy(rule), PEER, "") instanceof Verdict.Admitted;
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
        PolicyEvaluation.newBuilder().addAllAcceptance(java.util.List.of(acceptance)).build());
  }
}
