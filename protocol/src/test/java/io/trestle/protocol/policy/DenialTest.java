package io.trestle.protocol.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words that suites match (rpc.md 2.2 rule 1). */
class DenialTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          CALLER_CAPABILITY | RPC      | access denied: capability: shop may not rpc.call
          CALLER_CAPABILITY | WORKFLOW | access denied: capability: shop may not workflow.run
          TARGET_CAPABILITY | RPC      | access denied: capability: orders does not handle rpc
          TARGET_CAPABILITY | WORKFLOW | access denied: capability: orders does not handle workflow
          EGRESS            | RPC      | access denied: egress: shop may not rpc.call orders/create
          EGRESS            | WORKFLOW | access denied: egress: shop may not workflow.run orders/create
          ACCEPTANCE        | RPC      | access denied: acceptance: orders/create does not accept shop
          ACCEPTANCE        | WORKFLOW | access denied: acceptance: orders/create does not accept shop
          """)
  void text_ofACall_isThatOfTheSpecification(Denial denial, CallKind kind, String text) {
    assertThat(denial.text(kind, "shop", "orders", "create")).isEqualTo(text);
  }

  @Test
  void text_ofAnEvent_namesThePublisher() {
    assertThat(Denial.CALLER_CAPABILITY.text("shop", "a.b"))
        .isEqualTo("access denied: capability: shop may not event.publish");
    assertThat(Denial.EGRESS.text("shop", "a.b"))
        .isEqualTo("access denied: egress: shop may not event.publish a.b");
  }

  @Test
  void text_longName_isCut() {
    assertThat(Denial.EGRESS.text(CallKind.RPC, "shop", "orders", "m".repeat(100_000)))
        .hasSizeLessThan(400)
        .endsWith("…");
  }

  @Test
  void rule_withATargetThatIsNone_saysWhatIsExpected() {
    assertThat(new Rule(Action.RPC_CALL, null, "a b").problem()).contains("expected: *");
    assertThat(new Rule(Action.EVENT_PUBLISH, null, "a..b").problem()).contains("expected");
    assertThat(new Rule(Action.RPC_CALL, null, "*").problem()).isNull();
    assertThat(new Rule(Action.EVENT_PUBLISH, null, "a.#").problem()).isNull();
  }

  @Test
  void names_ofFlagsAndActions_areFound() {
    assertThat(Capability.find("workflow.run")).contains(Capability.WORKFLOW_RUN);
    assertThat(Capability.find("rpc")).isEmpty();
    assertThat(Action.find(Direction.EGRESS, "rpc.call")).contains(Action.RPC_CALL);
    assertThat(Action.find(Direction.ACCEPTANCE, "rpc.call")).isEmpty();
    assertThat(Direction.find("A")).contains(Direction.ACCEPTANCE);
    assertThat(Direction.find("X")).isEmpty();
    assertThat(ServicePolicy.OPEN.capabilities()).isEqualTo(List.of(Capability.values()));
  }
}
