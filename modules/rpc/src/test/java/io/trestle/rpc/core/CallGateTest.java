package io.trestle.rpc.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.conversations.Policies;
import io.trestle.protocol.policy.Capability;
import io.trestle.protocol.policy.Denial;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CallGateTest {
  private static final UUID SHOP = new UUID(0, 1);
  private static final UUID ORDERS = new UUID(0, 2);
  private static final List<String> ALL =
      Arrays.stream(Capability.values()).map(Capability::text).toList();

  private final CallGate gate = new CallGate();

  private void rules(UUID service, Policies.Rule... rules) {
    gate.policy(new Policies.Policy(service, ALL, List.of(rules)));
  }

  @Test
  void denial_servicesThatNothingWasToldOf_isNone() {
    assertThat(gate.denial(SHOP, ORDERS, "m")).isNull();
  }

  @Test
  void denial_followsWhatIsTold() {
    rules(SHOP, new Policies.Rule("E", "rpc.call", ORDERS, "m"));
    rules(ORDERS, new Policies.Rule("A", "rpc.handle", null, "m"));
    assertThat(gate.denial(SHOP, ORDERS, "m")).isNull();
    assertThat(gate.denial(SHOP, ORDERS, "n")).isEqualTo(Denial.EGRESS);
    assertThat(gate.denial(ORDERS, ORDERS, "n")).isEqualTo(Denial.ACCEPTANCE);

    rules(SHOP);
    assertThat(gate.denial(SHOP, ORDERS, "n")).isEqualTo(Denial.ACCEPTANCE);

    rules(ORDERS);
    assertThat(gate.denial(SHOP, ORDERS, "n")).isNull();
  }

  @Test
  void denial_capabilities_comeBeforeRules() {
    gate.policy(
        new Policies.Policy(
            ORDERS, List.of(), List.of(new Policies.Rule("A", "rpc.handle", SHOP, "*"))));

    assertThat(gate.denial(SHOP, ORDERS, "m")).isEqualTo(Denial.TARGET_CAPABILITY);
    assertThat(gate.denial(ORDERS, SHOP, "m")).isEqualTo(Denial.CALLER_CAPABILITY);
  }

  @Test
  void denial_rowsThatMeanNothing_areLeftOut() {
    rules(SHOP, new Policies.Rule("E", "rpc.cal", null, "x"), new Policies.Rule("?", "", null, ""));

    assertThat(gate.denial(SHOP, ORDERS, "m")).isNull();
  }
}
