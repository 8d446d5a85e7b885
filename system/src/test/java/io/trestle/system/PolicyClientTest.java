package io.trestle.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.PolicyEvaluation;
import io.trestle.sdk.RpcStream;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.StateException;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The access policy as an application with the SDK meets it. Each test has services of its own. */
class PolicyClientTest {
  /** Without polls: a change is heard of by its trigger, or never. */
  @RegisterExtension
  static final TrestleExtension TRESTLE =
      new TrestleExtension(options -> options.withPoll(Duration.ofHours(6)));

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private final ServiceKey target = service("target");
  private final ServiceKey calling = service("calling");
  private final ServiceKey other = service("other");
  private final AtomicInteger runs = new AtomicInteger();
  private final List<BridgeEvent> events = new CopyOnWriteArrayList<>();

  private static ServiceKey service(String name) {
    return TRESTLE.kernel().service(name + "-" + NUMBER.incrementAndGet());
  }

  private static void egress(ServiceKey of, @Nullable ServiceKey peer, String method) {
    rule(of, "E", "rpc.call", peer, method);
  }

  private static void acceptance(ServiceKey of, @Nullable ServiceKey peer, String method) {
    rule(of, "A", "rpc.handle", peer, method);
  }

  private static void rule(
      ServiceKey of, String direction, String action, @Nullable ServiceKey peer, String name) {
    TRESTLE
        .kernel()
        .sql()
        .update(
            "INSERT INTO service_policy_rules (service_id, direction, action, peer_service,"
                + " target_name) VALUES (?::uuid, ?, ?, NULLIF(?, '')::uuid, ?)",
            of.id(),
            direction,
            action,
            peer == null ? "" : peer.id(),
            name);
  }

  private ServiceBridge serving() {
    return TRESTLE.connect(
        target,
        sdk ->
            sdk.rpc()
                .handle(
                    "echo",
                    (request, context) -> {
                      runs.incrementAndGet();
                      return request;
                    }));
  }

  private ServiceBridge caller() {
    return TRESTLE.connect(
        calling,
        sdk -> {
          sdk.listen(events::add);
          sdk.service(target.name(), ServiceDeps.rpc("echo"));
        });
  }

  private byte[] call(ServiceBridge caller, Transport transport) {
    return caller
        .rpc()
        .call(target.name(), "echo", HELLO, CallOptions.DEFAULT.withTransport(transport));
  }

  private List<BridgeEvent.PolicyViolation> violations() {
    return events.stream()
        .filter(BridgeEvent.PolicyViolation.class::isInstance)
        .map(BridgeEvent.PolicyViolation.class::cast)
        .toList();
  }

  private static PolicyEvaluation policy(ServiceBridge client) {
    return client.policyEvaluation().orElseThrow();
  }

  // ---- calls

  @Test
  @Acceptance("AP-6")
  void directCall_outsideOfAcceptance_isRefusedByTheCallee_whichNamesTheCaller() {
    acceptance(target, other, "echo");
    serving();
    ServiceBridge caller = caller();

    assertThat(catchThrowable(() -> call(caller, Transport.DIRECT)))
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("acceptance denied")
        .hasMessageContaining(calling.id());
    assertThat(runs).hasValue(0);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance("AP-16")
  void deniedCall_isNotRepeated_andIsToldOnce(Transport transport) {
    acceptance(target, other, "echo");
    serving();
    ServiceBridge caller = caller();
    await().until(() -> !violations().isEmpty()); // of the declaration
    events.clear();

    assertThat(catchThrowable(() -> call(caller, transport)))
        .isInstanceOf(AccessDeniedException.class);

    assertThat(runs).hasValue(0);
    assertThat(violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.declaration()).isEqualTo("rpc.call");
              assertThat(violation.value()).isEqualTo(target.name() + "/echo");
              assertThat(violation.denySide()).isEqualTo("self_egress");
              assertThat(violation.reason()).contains("denied");
            });
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance({"AP-4", "AP-16"})
  void call_outsideOfAnEgressRuleForAnyPeer_isDenied_alsoWhenItIsDirect(Transport transport) {
    serving();
    egress(calling, null, "another"); // it shows all methods and allows one
    ServiceBridge caller = caller();
    events.clear();

    assertThat(catchThrowable(() -> call(caller, transport)))
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("denied: egress")
        .hasMessageContaining(target.name() + "/echo");

    assertThat(runs).hasValue(0);
    assertThat(violations()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance("AP-20")
  void call_withoutTheCapability_isDenied_alsoWhenItIsDirect(Transport transport) {
    serving();
    ServiceBridge caller = caller();
    assertThat(call(caller, transport)).isEqualTo(HELLO);

    flag("cap_rpc_call", false);
    await().until(() -> !policy(caller).warnings().isEmpty() && !violations().isEmpty());
    events.clear();

    assertThat(catchThrowable(() -> call(caller, transport)))
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("access denied: capability")
        .hasMessageContaining("may not rpc.call");
    assertThat(runs).hasValue(1);
    assertThat(violations()).hasSize(1);

    flag("cap_rpc_call", true);
    await().until(() -> policy(caller).warnings().isEmpty());
    assertThat(call(caller, transport)).isEqualTo(HELLO);
  }

  private void flag(String column, boolean on) {
    TRESTLE
        .kernel()
        .sql()
        .update("UPDATE services SET " + column + " = ? WHERE id = ?::uuid", on, calling.id());
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance("AP-16")
  void deniedStream_isToldOnceToo(Transport transport) {
    acceptance(target, other, "count");
    TRESTLE.connect(
        target,
        sdk -> sdk.rpc().handleStream("count", (request, context, out) -> runs.incrementAndGet()));
    ServiceBridge caller =
        TRESTLE.connect(
            calling,
            sdk -> {
              sdk.listen(events::add);
              sdk.service(target.name(), ServiceDeps.rpc("count"));
            });
    await().until(() -> !violations().isEmpty()); // of the declaration
    events.clear();

    CallOptions options = CallOptions.DEFAULT.withTransport(transport);
    try (RpcStream stream = caller.rpc().stream(target.name(), "count", HELLO, options)) {
      assertThat(catchThrowable(stream::hasNext)).isInstanceOf(AccessDeniedException.class);
    }

    assertThat(runs).hasValue(0);
    assertThat(violations()).hasSize(1);
  }

  @Test
  void directCall_followsTheRulesAsTheyChange() {
    serving();
    ServiceBridge caller = caller();
    assertThat(call(caller, Transport.DIRECT)).isEqualTo(HELLO);

    egress(calling, null, "another");
    await().until(() -> policy(caller).egress().size() == 1);
    assertThat(catchThrowable(() -> call(caller, Transport.DIRECT)))
        .isInstanceOf(AccessDeniedException.class);

    egress(calling, target, "echo");
    await().until(() -> policy(caller).egress().size() == 2);
    assertThat(call(caller, Transport.DIRECT)).isEqualTo(HELLO);
  }

  // ---- what an application is told

  @Test
  @Acceptance("AP-12")
  void evaluation_afterAnEdit_showsTheRule() {
    ServiceBridge caller = caller();
    assertThat(policy(caller).egress()).isEmpty();

    egress(calling, target, "echo");

    await()
        .untilAsserted(
            () ->
                assertThat(policy(caller).egress())
                    .containsExactly(
                        new PolicyEvaluation.Rule("rpc.call", target.id(), target.name(), "echo")));
  }

  @Test
  @Acceptance("AP-14")
  void dependencyOnAnUnknownService_outsideOfEgress_isAViolation() {
    egress(calling, target, "echo");
    ServiceBridge caller =
        TRESTLE.connect(
            calling,
            sdk -> {
              sdk.listen(events::add);
              sdk.service("nobody-knows-it", ServiceDeps.rpc("lost"));
            });

    assertThat(policy(caller).warnings()).isNotEmpty();
    assertThat(violations())
        .as("told before the start is over")
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.declaration()).isEqualTo("rpc.call");
              assertThat(violation.value()).contains("lost");
              assertThat(violation.denySide()).isEqualTo("self_egress");
              assertThat(violation.reason()).isNotEmpty();
            });
    assertThat(policy(caller).warnings()).isEqualTo(violations());
  }

  // ---- failOnPolicyViolation

  private ServiceBridge strict() {
    ServiceBridge client = TRESTLE.kernel().client(calling).failOnPolicyViolation().build();
    client.listen(events::add);
    client.service(target.name(), ServiceDeps.rpc("echo"));
    return client;
  }

  private AccessDeniedException end() {
    List<BridgeEvent.Disconnected> ends =
        events.stream()
            .filter(BridgeEvent.Disconnected.class::isInstance)
            .map(BridgeEvent.Disconnected.class::cast)
            .toList();
    assertThat(ends).hasSize(1);
    assertThat(ends.get(0).error()).isInstanceOf(AccessDeniedException.class);
    return (AccessDeniedException) ends.get(0).error();
  }

  @Test
  @Acceptance("AP-15")
  void start_withAViolation_fails_whenItIsToldTo() {
    egress(calling, other, "echo");
    try (ServiceBridge client = strict()) {
      Throwable failure = catchThrowable(client::start);

      assertThat(failure)
          .isInstanceOf(AccessDeniedException.class)
          .hasMessageStartingWith("policy violations on start:")
          .hasMessageContaining(target.name() + "/echo");
      await().untilAsserted(() -> assertThat(end()).hasMessage(failure.getMessage()));
      assertThat(violations()).hasSize(1);
      assertThat(client.identity()).isEmpty();
      assertThat(catchThrowable(() -> call(client, Transport.PROXY)))
          .isInstanceOf(StateException.class);
    }
  }

  @Test
  @Acceptance("AP-15")
  void violation_thatComesLater_endsTheBridgeToo() {
    try (ServiceBridge client = strict()) {
      client.start();
      assertThat(violations()).isEmpty();

      egress(calling, other, "echo");

      await()
          .untilAsserted(
              () -> assertThat(end()).hasMessageStartingWith("policy violations on start:"));
      assertThat(client.identity()).isEmpty();
      assertThat(catchThrowable(() -> call(client, Transport.PROXY)))
          .isInstanceOf(StateException.class);
    }
  }
}
