package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.CaptureMode;
import io.trestle.protocol.v1.CaptureModes;
import io.trestle.protocol.v1.EventSubscription;
import io.trestle.protocol.v1.IncomingMethod;
import io.trestle.protocol.v1.LocalStep;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.MethodType;
import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.protocol.v1.RegistryEvent;
import io.trestle.protocol.v1.ServerControl;
import io.trestle.protocol.v1.Step;
import io.trestle.protocol.v1.Welcome;
import io.trestle.protocol.v1.WorkflowDefinition;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions and registrations, step by step. */
class SessionWireTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  /** What the rule gives a method to appear. */
  private static final Duration SEEN = Duration.ofSeconds(15);

  private static final String ENDPOINT = "127.0.0.1:7";

  // ---- Welcome

  @Test
  @Acceptance("WI-18")
  void open_withoutAnyRegistration_isWelcomedOnce() {
    ServiceKey service = WIRE.service();
    WireInstance instance = WIRE.instance(service);

    Welcome welcome = instance.connect();
    Welcome another = WIRE.connected(service).control().first().getWelcome();

    assertThat(welcome.getSessionId()).isNotEmpty().isNotEqualTo(another.getSessionId());
    assertThat(welcome.getServiceId()).isEqualTo(service.id());
    assertThat(welcome.getServiceName()).isEqualTo(service.name());
    assertThat(welcome.getProtocolVersion()).isEqualTo(1);
    assertThat(welcome.getRuntimeVersion()).isNotEmpty();
    assertThat(welcome.getFeaturesList())
        .containsExactlyInAnyOrder(
            "event.retry_after", "event.reject", "event.retry_policy", "event.group", "event.ttl");
    instance.register(Declare.nothing()).first();
    assertThat(instance.control().messages())
        .as("nothing but the Welcome")
        .hasSize(1)
        .allMatch(ServerControl::hasWelcome);
    assertThat(instance.control().isOver()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, -1})
  @Acceptance("WI-19")
  void openAndRegister_ofAnotherRevision_areRefused(int version) {
    WireInstance instance = WIRE.instance(WIRE.service());

    var open = instance.client().unary(Methods.OPEN, WireInstance.open(version));
    var register =
        instance
            .client()
            .unary(
                Methods.REGISTER_AND_WATCH, Declare.nothing().setProtocolVersion(version).build());

    assertThat(open.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(open.messages()).as("before any message").isEmpty();
    assertThat(register.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(register.messages()).isEmpty();
  }

  @Test
  @Acceptance("WI-19")
  void openAndRegister_withoutARevision_areAccepted() {
    WireInstance instance = WIRE.instance(WIRE.service());

    var open = instance.client().open(Methods.OPEN, WireInstance.open(0));
    assertThat(open.first().hasWelcome()).isTrue();
    var first = instance.register(RegisterRequest.newBuilder()).first();

    assertThat(first.hasSnapshot()).isTrue();
  }

  @Test
  @Acceptance("WI-21")
  void register_ofAWelcomedInstance_beginsWithAFullSnapshot() {
    WireInstance instance = WIRE.connected(WIRE.service());

    RegistryEvent first = instance.register(Declare.nothing()).first();

    assertThat(first.hasSnapshot()).isTrue();
    assertThat(first.getSnapshot().hasPolicy()).isTrue();
    CaptureModes modes = first.getSnapshot().getCaptureModes();
    assertThat(modes.getTelemetryEnabled()).isTrue();
    assertThat(modes.getPayloadMaxBytes()).isPositive();
  }

  // ---- what peers see

  @Test
  @Acceptance({"WI-22", "WI-23"})
  void handler_comesAndGoes_inTheViewOfItsCaller() {
    ServiceKey target = WIRE.service();
    WireInstance caller = WIRE.caller(WIRE.service(), target.name(), "greet", "watch");
    WireInstance callee = WIRE.connected(target);
    callee
        .register(
            Declare.nothing()
                .setCallEndpoint(ENDPOINT)
                .addIncoming(Declare.handler("greet", "v2:aa"))
                .addIncoming(Declare.handler("watch", "v2:bb").setStreaming(true))
                .addIncoming(Declare.handler("secret", "v2:cc")))
        .first();

    await().atMost(SEEN).until(() -> caller.view().methods(target.id()).size() == 2);
    assertThat(caller.view().methods(target.id()))
        .extracting(
            MethodDescriptor::getName,
            MethodDescriptor::getContractHash,
            MethodDescriptor::getStreaming,
            MethodDescriptor::getInstanceId,
            MethodDescriptor::getServiceName)
        .containsExactlyInAnyOrder(
            tuple("greet", "v2:aa", false, callee.id(), target.name()),
            tuple("watch", "v2:bb", true, callee.id(), target.name()));
    await().atMost(SEEN).until(() -> caller.view().endpoint(callee.id()).equals(ENDPOINT));
    await().until(() -> presence(callee).equals("connected " + ENDPOINT));

    callee.control().cancel();

    await().until(() -> !caller.view().instances().containsKey(callee.id()));
    await().until(() -> caller.view().methods(target.id()).isEmpty());
    await().until(() -> presence(callee).equals("disconnected "));
  }

  @Test
  void rowOfALiveInstance_thatIsEdited_isOverwritten() {
    WireInstance callee = WIRE.connected(WIRE.service());
    callee.register(Declare.handlers(ENDPOINT, "greet")).first();
    await().until(() -> presence(callee).equals("connected " + ENDPOINT));

    WIRE.kernel()
        .sql()
        .update(
            "UPDATE service_instances SET status = 'disconnected', call_endpoint = 'elsewhere:1'"
                + " WHERE id = ?::uuid",
            callee.id());

    await().until(() -> presence(callee).equals("connected " + ENDPOINT));
  }

  /** Status and endpoints of the stored row. */
  private static String presence(WireInstance instance) {
    return WIRE.kernel()
        .sql()
        .column(
            String.class,
            "SELECT status || ' ' || call_endpoint || http_endpoint FROM service_instances"
                + " WHERE id = ?::uuid",
            instance.id())
        .get(0);
  }

  @Test
  @Acceptance("WI-24")
  void open_again_replacesTheFirstWithoutAGap() {
    ServiceKey target = WIRE.service();
    ServiceKey calling = WIRE.service();
    WireInstance caller = WIRE.caller(calling, target.name(), "greet");
    WireInstance callee = WIRE.connected(target);
    callee.register(Declare.handlers(ENDPOINT, "greet")).first();
    await().until(() -> caller.view().endpoint(callee.id()).equals(ENDPOINT));
    var first = callee.control();

    Welcome second = callee.connect();

    assertThat(second.getSessionId()).isNotEqualTo(first.first().getWelcome().getSessionId());
    assertThat(first.ended().code()).isEqualTo(Status.Code.ABORTED);
    assertThat(callee.control().isOver()).isFalse();
    settle(caller, calling);
    assertThat(caller.registry().messages())
        .as("it never appears gone")
        .noneMatch(e -> e.getUpdate().getRemovedInstancesCount() > 0)
        .noneMatch(e -> e.getUpdate().getRemovedPeersCount() > 0);
    assertThat(caller.view().endpoint(callee.id())).isEqualTo(ENDPOINT);
    assertThat(presence(callee)).isEqualTo("connected " + ENDPOINT);
  }

  @Test
  @Acceptance("WI-25")
  void register_again_staysInForceWhenTheOldStreamIsCancelledLater() {
    ServiceKey target = WIRE.service();
    ServiceKey calling = WIRE.service();
    WireInstance caller = WIRE.caller(calling, target.name(), "old", "new");
    WireInstance callee = WIRE.connected(target);
    var old = callee.register(Declare.handlers(ENDPOINT, "old"));
    old.first();
    await().until(() -> names(caller, target).equals(List.of("old")));

    callee.register(Declare.handlers("127.0.0.1:8", "new")).first();
    await().until(() -> names(caller, target).equals(List.of("new")));
    old.cancel();

    settle(caller, calling);
    assertThat(names(caller, target)).containsExactly("new");
    assertThat(caller.view().endpoint(callee.id())).isEqualTo("127.0.0.1:8");
    assertThat(callee.registry().isOver()).isFalse();
  }

  private static List<String> names(WireInstance caller, ServiceKey target) {
    return caller.view().methods(target.id()).stream().map(MethodDescriptor::getName).toList();
  }

  /** A change made now has arrived, and with it everything that happened before. */
  private static void settle(WireInstance watcher, ServiceKey service) {
    WireInstance twin = WIRE.connected(service);
    twin.register(Declare.nothing()).first();
    await().until(() -> watcher.view().instances().containsKey(twin.id()));
  }

  @Test
  @Acceptance("WI-70")
  void registration_beforeTheSession_isAnsweredAndHiddenUntilTheWelcome() {
    ServiceKey target = WIRE.service();
    ServiceKey calling = WIRE.service();
    WireInstance caller = WIRE.caller(calling, target.name(), "greet");
    WireInstance callee = WIRE.instance(target);

    RegistryEvent first = callee.register(Declare.handlers(ENDPOINT, "greet")).first();

    assertThat(first.hasSnapshot()).isTrue();
    settle(caller, calling);
    assertThat(caller.view().instances()).doesNotContainKey(callee.id());
    assertThat(caller.view().methods(target.id())).isEmpty();
    assertThat(caller.invoke(WireInstance.invocation(target.id(), "greet")).code())
        .as("the proxy does not see it either")
        .isEqualTo(Status.Code.UNAVAILABLE);

    callee.connect();

    await().until(() -> caller.view().endpoint(callee.id()).equals(ENDPOINT));
    assertThat(names(caller, target)).containsExactly("greet");
  }

  @Test
  @Acceptance("WI-70")
  void session_ended_leavesItsOtherStreamsFiveSecondsWithoutNews() {
    ServiceKey target = WIRE.service();
    ServiceKey calling = WIRE.service();
    WireInstance caller = WIRE.caller(calling, target.name(), "greet");
    WireInstance back = WIRE.caller(calling, target.name(), "greet");

    caller.control().cancel();
    back.control().cancel();
    await().until(() -> presence(back).equals("disconnected "));
    back.connect();

    var ended = caller.registry().ended();
    assertThat(ended.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(back.registry().isOver()).as("a new session began in time").isFalse();
    settle(back, calling);
    assertThat(back.registry().isOver()).isFalse();
  }

  // ---- declarations

  @Test
  @Acceptance("WI-28")
  void register_withABadFilter_isInvalid() {
    for (String filter : List.of("{\"$.total\":", "{\"$.total\":{\"$regex\":\"x\"}}", "total")) {
      assertInvalid(
          Declare.nothing()
              .addEventSubscriptions(
                  EventSubscription.newBuilder().setPattern("orders.*").setFilter(filter)));
    }
  }

  @Test
  @Acceptance("WI-28")
  void register_ofABrokenWorkflow_isInvalid() {
    assertInvalid(Declare.nothing().addIncoming(workflow()));
    assertInvalid(workflowOf(""));
    assertInvalid(workflowOf("Charge"));
    assertInvalid(workflowOf("charge card"));
    assertInvalid(workflowOf("charge", "charge"));
  }

  @Test
  @Acceptance("WI-28")
  void register_ofASoundWorkflow_isAnswered() {
    WireInstance instance = WIRE.connected(WIRE.service());

    assertThat(instance.register(workflowOf("charge", "ship_2")).first().hasSnapshot()).isTrue();
  }

  private static void assertInvalid(RegisterRequest.Builder request) {
    WireInstance instance = WIRE.connected(WIRE.service());
    var ended = instance.register(request).ended();

    assertThat(ended.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(ended.messages()).isEmpty();
  }

  private static IncomingMethod.Builder workflow() {
    return IncomingMethod.newBuilder().setType(MethodType.METHOD_TYPE_WORKFLOW).setName("order");
  }

  private static RegisterRequest.Builder workflowOf(String... steps) {
    WorkflowDefinition.Builder definition =
        WorkflowDefinition.newBuilder().setName("order").setVersion("1");
    for (String step : steps) {
      definition.addSteps(Step.newBuilder().setId(step).setLocal(LocalStep.newBuilder()));
    }
    return Declare.nothing().addIncoming(workflow().setWorkflow(definition));
  }

  // ---- capture modes

  @Test
  @Acceptance("WI-29")
  void captureMode_changedBySql_arrivesAloneOnTheOpenStream() {
    WireInstance instance = WIRE.connected(WIRE.service());
    instance.register(Declare.nothing()).first();
    CaptureModes before = instance.view().modes();
    CaptureMode other =
        before.getRpc() == CaptureMode.CAPTURE_MODE_ALL
            ? CaptureMode.CAPTURE_MODE_NONE
            : CaptureMode.CAPTURE_MODE_ALL;

    set("rpc.payload_capture", other == CaptureMode.CAPTURE_MODE_ALL ? "all" : "none");

    await().until(() -> instance.view().modes().getRpc() == other);
    assertThat(instance.view().modes()).isEqualTo(before.toBuilder().setRpc(other).build());
    assertThat(instance.view().snapshots()).as("no new view was needed").isEqualTo(1);
    assertThat(instance.control().isOver()).isFalse();
  }

  @Test
  @Acceptance("WI-30")
  void captureModes_setBefore_areInTheFirstSnapshot() {
    WireInstance watcher = WIRE.connected(WIRE.service());
    watcher.register(Declare.nothing()).first();
    set("events.payload_capture", "all");
    set("http.payload_capture", "none");
    set("workflows.payload_capture", "errors");
    await().until(() -> watcher.view().modes().getEvent() == CaptureMode.CAPTURE_MODE_ALL);
    await().until(() -> watcher.view().modes().getHttp() == CaptureMode.CAPTURE_MODE_NONE);

    WireInstance instance = WIRE.connected(WIRE.service());
    var modes = instance.register(Declare.nothing()).first().getSnapshot().getCaptureModes();

    assertThat(modes.getEvent()).isEqualTo(CaptureMode.CAPTURE_MODE_ALL);
    assertThat(modes.getHttp()).isEqualTo(CaptureMode.CAPTURE_MODE_NONE);
    assertThat(modes.getWorkflow()).isEqualTo(CaptureMode.CAPTURE_MODE_ERRORS);
  }

  @Test
  @Acceptance("WI-21")
  void telemetry_switchedOff_isToldAtOnceAndInTheNextSnapshot() {
    WireInstance instance = WIRE.connected(WIRE.service());
    instance.register(Declare.nothing()).first();
    set("telemetry.enable", "false");
    try {
      await().until(() -> !instance.view().modes().getTelemetryEnabled());
      RegistryEvent next = instance.register(Declare.nothing()).first();
      assertThat(next.getSnapshot().getCaptureModes().getTelemetryEnabled()).isFalse();
    } finally {
      set("telemetry.enable", "true");
    }
    await().until(() -> instance.view().modes().getTelemetryEnabled());
  }

  private static void set(String key, String value) {
    int changed =
        WIRE.kernel()
            .sql()
            .update("UPDATE runtime_settings SET value = ? WHERE key = ?", value, key);
    assertThat(changed).isEqualTo(1);
  }
}
