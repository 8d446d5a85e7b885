package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.v1.InvokeResponse;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.system.wire.WireCallee.Reply;
import io.trestle.system.wire.WireExtension.Callee;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The access policy as suites use it: rows are edited by SQL, effects are seen on the wire. Nothing
 * is polled here, so that what is seen was carried by the triggers.
 */
class PolicyWireTest {
  /** Without polls: a change is heard of by its trigger, or never. */
  @RegisterExtension
  static final TrestleExtension TRESTLE =
      new TrestleExtension(options -> options.withPoll(Duration.ofHours(6)));

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey target = WIRE.service();
  private final ServiceKey calling = WIRE.service();

  // ---- rows

  private static void egress(ServiceKey of, @Nullable ServiceKey peer, String method) {
    rule(of, "E", "rpc.call", peer, method);
  }

  private static void acceptance(ServiceKey of, @Nullable ServiceKey peer, String method) {
    rule(of, "A", "rpc.handle", peer, method);
  }

  private static void rule(
      ServiceKey of, String direction, String action, @Nullable ServiceKey peer, String name) {
    WIRE.kernel()
        .sql()
        .update(
            "INSERT INTO service_policy_rules (service_id, direction, action, peer_service,"
                + " target_name) VALUES (?::uuid, ?, ?, NULLIF(?, '')::uuid, ?) ON CONFLICT DO NOTHING",
            of.id(),
            direction,
            action,
            peer == null ? "" : peer.id(),
            name);
  }

  private static void noRules(ServiceKey of) {
    WIRE.kernel()
        .sql()
        .update("DELETE FROM service_policy_rules WHERE service_id = ?::uuid", of.id());
  }

  private static void flag(ServiceKey of, String column, boolean on) {
    WIRE.kernel()
        .sql()
        .update("UPDATE services SET " + column + " = ? WHERE id = ?::uuid", on, of.id());
  }

  private static long methodRows(ServiceKey of) {
    return WIRE.kernel()
        .sql()
        .count("SELECT count(*) FROM service_methods WHERE service_id = ?::uuid", of.id());
  }

  // ---- calls

  private Callee serving(String method) {
    return WIRE.callee(target, method, Declare.HASH, Reply::echo);
  }

  private WireInstance caller() {
    return WIRE.caller(calling, target.name(), "allowed", "forbidden");
  }

  private Ended<InvokeResponse> invoke(WireInstance caller, String method) {
    return caller.invoke(WireInstance.invocation(target.id(), method));
  }

  private void awaitAnswer(WireInstance caller, String method, Status.Code code) {
    await().until(() -> invoke(caller, method).code() == code);
  }

  private static void assertDenied(Ended<?> ended, String text) {
    assertThat(ended.answer()).isEqualTo("PERMISSION_DENIED " + text);
    assertThat(ended.notDispatched()).isFalse();
  }

  // ---- gate 3

  @Test
  @Acceptance("AP-1")
  void call_ofANewService_isAllowed() {
    serving("allowed");
    WireInstance caller = caller();

    assertThat(invoke(caller, "allowed").ok().getPayload().toStringUtf8()).isEqualTo("hello");
    assertThat(caller.view().policy().getCapabilitiesList())
        .containsExactly("rpc.handle", "event.handle", "workflow.handle", "job.handle");
    assertThat(caller.view().policy().getEgressList()).isEmpty();
    assertThat(caller.view().policy().getAcceptanceList()).isEmpty();
    assertThat(caller.view().warnings()).isEmpty();
  }

  @Test
  @Acceptance("AP-4")
  void call_outsideOfEgress_isDenied() {
    serving("allowed");
    serving("forbidden");
    egress(calling, target, "allowed");
    WireInstance caller = caller();
    awaitAnswer(caller, "forbidden", Status.Code.PERMISSION_DENIED);

    assertThat(invoke(caller, "allowed").ok().getPayload().toStringUtf8()).isEqualTo("hello");
    assertDenied(
        invoke(caller, "forbidden"),
        "access denied: egress: %s may not rpc.call %s/forbidden"
            .formatted(calling.name(), target.name()));
  }

  @Test
  @Acceptance("AP-5")
  void call_outsideOfAcceptance_isDenied() {
    serving("allowed");
    Callee other = serving("forbidden");
    acceptance(target, calling, "allowed");
    WireInstance caller = caller();
    awaitAnswer(caller, "forbidden", Status.Code.PERMISSION_DENIED);
    int before = other.server().received().size();

    assertThat(invoke(caller, "allowed").ok().getPayload().toStringUtf8()).isEqualTo("hello");
    assertDenied(
        invoke(caller, "forbidden"),
        "access denied: acceptance: %s/forbidden does not accept %s"
            .formatted(target.name(), calling.name()));
    assertThat(other.server().received()).hasSize(before);
  }

  @Test
  @Acceptance("AP-11")
  void call_afterARuleForAnotherMethodOfAnyService_isDenied() {
    serving("allowed");
    WireInstance caller = caller();
    invoke(caller, "allowed").ok();

    egress(calling, null, "other");

    await().until(() -> invoke(caller, "allowed").code() == Status.Code.PERMISSION_DENIED);
    assertThat(invoke(caller, "allowed").text()).contains("denied").contains("egress");
    assertThat(caller.view().methods(target.id())).isNotEmpty();

    noRules(calling);
    awaitAnswer(caller, "allowed", Status.Code.OK);
  }

  @Test
  @Acceptance("AP-18")
  void call_acceptanceWithoutAPeer_isAllowedToAnybody() {
    serving("allowed");
    serving("forbidden");
    acceptance(target, null, "allowed");
    WireInstance caller = caller();
    awaitAnswer(caller, "forbidden", Status.Code.PERMISSION_DENIED);

    invoke(caller, "allowed").ok();
  }

  @Test
  @Acceptance("AP-17")
  void call_throughTheRuntime_isNotJudgedAgainByTheCallee() {
    acceptance(target, calling, "echo");
    ServiceBridge callee =
        TRESTLE.connect(target, sdk -> sdk.rpc().handle("echo", (request, context) -> request));
    ServiceBridge caller =
        TRESTLE.connect(calling, sdk -> sdk.service(target.name(), ServiceDeps.rpc("echo")));
    await()
        .until(
            () ->
                callee.policyEvaluation().orElseThrow().acceptance().stream()
                    .anyMatch(rule -> rule.peerServiceId().equals(calling.id())));

    byte[] reply =
        caller
            .rpc()
            .call(
                target.name(),
                "echo",
                new byte[] {7},
                CallOptions.DEFAULT.withTransport(Transport.PROXY));

    assertThat(reply).containsExactly(7);
  }

  @Test
  @Acceptance("AP-22")
  void call_ofAServiceToItself_isJudgedLikeAnyOther() {
    Callee self = serving("allowed");
    assertThat(invoke(self.instance(), "allowed").code()).isEqualTo(Status.Code.OK);

    acceptance(target, calling, "allowed");

    awaitAnswer(self.instance(), "allowed", Status.Code.PERMISSION_DENIED);
    assertThat(invoke(self.instance(), "allowed").text()).contains("acceptance");
  }

  @Test
  @Acceptance("AP-20")
  void call_ofACallerWithoutTheCapability_isDeniedAndItsDeclarationsStay() {
    serving("allowed");
    WireInstance caller = caller();
    invoke(caller, "allowed").ok();

    flag(calling, "cap_rpc_call", false);

    awaitAnswer(caller, "allowed", Status.Code.PERMISSION_DENIED);
    assertDenied(
        invoke(caller, "allowed"),
        "access denied: capability: " + calling.name() + " may not rpc.call");
    await().until(() -> caller.view().warnings().size() == 2);
    assertThat(caller.view().warnings())
        .containsExactly(
            "rpc.call " + target.name() + "/allowed capability",
            "rpc.call " + target.name() + "/forbidden capability");
    assertThat(caller.view().policy().getCapabilitiesList()).hasSize(4);
    assertThat(caller.view().methods(target.id())).hasSize(1);
  }

  @Test
  void call_toATargetWithoutTheCapability_isDeniedBeforeRules() {
    serving("allowed");
    WireInstance caller = caller();
    egress(calling, calling, "x");
    flag(target, "cap_rpc_handle", false);

    await().until(() -> invoke(caller, "allowed").text().contains("capability"));
    assertDenied(
        invoke(caller, "allowed"),
        "access denied: capability: " + target.name() + " does not handle rpc");
  }

  @Test
  void call_toARevokedService_isNotFoundWhateverThePolicySays() {
    serving("allowed");
    WireInstance caller = caller();
    egress(calling, calling, "x");
    awaitAnswer(caller, "allowed", Status.Code.PERMISSION_DENIED);

    WIRE.kernel().admin().revokeService(target.id());

    awaitAnswer(caller, "allowed", Status.Code.NOT_FOUND);
    assertThat(invoke(caller, "allowed").notDispatched()).isFalse();
  }

  @Test
  void call_ofARevokedCaller_isUnauthenticatedWhateverThePolicySays() {
    serving("allowed");
    WireInstance caller = caller();
    egress(calling, calling, "x");
    awaitAnswer(caller, "allowed", Status.Code.PERMISSION_DENIED);

    WIRE.kernel().admin().revokeService(calling.id());

    awaitAnswer(caller, "allowed", Status.Code.UNAUTHENTICATED);
  }

  // ---- gate 1

  @Test
  @Acceptance("AP-2")
  void handler_capabilityOff_hasNoRowAndTheServiceStays() {
    flag(target, "cap_rpc_handle", false);
    WireInstance provider = WIRE.connected(target);
    provider.register(Declare.nothing()).first();
    await().until(() -> !provider.view().policy().getCapabilitiesList().contains("rpc.handle"));

    provider.register(Declare.handlers("127.0.0.1:1", "m1")).first();

    await().until(() -> provider.view().warnings().contains("rpc.handle m1 capability"));
    assertThat(methodRows(target)).isZero();
    assertThat(provider.control().isOver()).isFalse();
    assertThat(provider.registry().isOver()).isFalse();

    flag(target, "cap_rpc_handle", true);
    await().until(() -> methodRows(target) == 1);
    await().until(() -> provider.view().warnings().isEmpty());

    flag(target, "cap_rpc_handle", false);
    await().until(() -> methodRows(target) == 0);
  }

  @Test
  void handler_capabilityChangedWhileTheKernelIsAway_rowsFollow() {
    try (TestKernel kernel = TestKernel.start()) {
      ServiceKey service = kernel.service("away");
      try (WireInstance provider =
          WireInstance.provision(kernel.grpc(), WireKey.parse(service.apiKey()))) {
        provider.connect();
        provider.register(Declare.handlers("127.0.0.1:1", "m1")).first();
        assertThat(rows(kernel)).isEqualTo(1);

        kernel.stop();
        kernel.sql().update("UPDATE services SET cap_rpc_handle = false");
        kernel.run();
        assertThat(rows(kernel)).isZero();

        kernel.stop();
        kernel.sql().update("UPDATE services SET cap_rpc_handle = true");
        kernel.run();
        try (WireInstance again =
            WireInstance.of(kernel.grpc(), WireKey.parse(service.apiKey()), provider.identity())) {
          again.connect();
          again.register(Declare.handlers("127.0.0.1:1", "m1")).first();
          assertThat(rows(kernel)).isEqualTo(1);
        }
      }
    }
  }

  private static long rows(TestKernel kernel) {
    return kernel.sql().count("SELECT count(*) FROM service_methods");
  }

  // ---- live changes

  @Test
  @Acceptance({"AP-12", "WI-64"})
  void evaluation_afterEditsBySql_isPushed() {
    WireInstance instance = WIRE.connected(calling);
    instance.register(Declare.nothing()).first();

    egress(calling, target, "m1");
    await().until(() -> instance.view().policy().getEgressCount() == 1);
    PolicyRule rule = instance.view().policy().getEgress(0);
    assertThat(rule.getAction()).isEqualTo("rpc.call");
    assertThat(rule.getPeerServiceId()).isEqualTo(target.id());
    assertThat(rule.getPeerServiceName()).isEqualTo(target.name());
    assertThat(rule.getTargetName()).isEqualTo("m1");

    flag(calling, "cap_job_handle", false);
    await().until(() -> !instance.view().policy().getCapabilitiesList().contains("job.handle"));

    noRules(calling);
    await().until(() -> instance.view().policy().getEgressCount() == 0);
  }

  @Test
  @Acceptance("AP-13")
  void peer_afterItsRuleIsReplaced_leavesTheMap() {
    serving("allowed");
    egress(calling, target, "*");
    WireInstance caller = caller();
    await().until(() -> !caller.view().methods(target.id()).isEmpty());
    awaitAnswer(caller, "allowed", Status.Code.OK);

    WIRE.kernel()
        .sql()
        .update(
            "UPDATE service_policy_rules SET peer_service = ?::uuid WHERE service_id = ?::uuid",
            calling.id(),
            calling.id());

    await().until(() -> caller.view().methods(target.id()).isEmpty());
    await()
        .until(
            () ->
                caller.view().instances().values().stream()
                    .noneMatch(i -> i.getServiceId().equals(target.id())));
    awaitAnswer(caller, "allowed", Status.Code.PERMISSION_DENIED);
  }

  @Test
  void rows_thatMeanNothing_breakNothingAndCloseTheirList() {
    serving("allowed");
    WireInstance caller = caller();
    rule(calling, "E", "rpc.cal", null, "*");
    rule(calling, "A", "event.handle", null, "a..b");
    rule(calling, "E", "rpc.handle", null, "");
    await().until(() -> caller.view().policy().getAcceptanceCount() == 1);
    invoke(caller, "allowed").ok();

    rule(calling, "E", "rpc.call", null, "no name");

    awaitAnswer(caller, "allowed", Status.Code.PERMISSION_DENIED);
    noRules(calling);
    awaitAnswer(caller, "allowed", Status.Code.OK);
  }

  @Test
  void rows_changedWhileNotificationsAreLost_areReadAfterTheReconnect() {
    WireInstance instance = WIRE.connected(calling);
    instance.register(Declare.nothing()).first();
    Sql sql = WIRE.kernel().sql();
    sql.update("ALTER TABLE service_policy_rules DISABLE TRIGGER USER");
    egress(calling, target, "m1");
    sql.update("ALTER TABLE service_policy_rules ENABLE TRIGGER USER");

    sql.column(
        Boolean.class,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?"
            + " AND pid <> pg_backend_pid()",
        sql.database());

    await().until(() -> instance.view().policy().getEgressCount() == 1);
  }

  @Test
  void rows_allAtOnceGone_areNoticed() {
    WireInstance instance = WIRE.connected(calling);
    instance.register(Declare.nothing()).first();
    egress(calling, target, "m1");
    await().until(() -> instance.view().policy().getEgressCount() == 1);

    WIRE.kernel().sql().update("TRUNCATE service_policy_rules");

    await().until(() -> instance.view().policy().getEgressCount() == 0);
  }
}
