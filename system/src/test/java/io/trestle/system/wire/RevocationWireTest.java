package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.RpcMethod;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.MethodDescriptor;
import io.trestle.protocol.v1.TelemetryBatch;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.system.wire.WireCallee.Reply;
import io.trestle.system.wire.WireExtension.Callee;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Services and instances that may no longer come in, and what becomes of them. */
class RevocationWireTest {
  private static final String REVOKED = "UNAUTHENTICATED access revoked";

  /** Without polls: a change is heard of by its trigger, or never. */
  @RegisterExtension
  static final TrestleExtension TRESTLE =
      new TrestleExtension(options -> options.withPoll(Duration.ofHours(6)));

  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey revoked = WIRE.service();
  private final ServiceKey watching = WIRE.service();

  private void revoke(boolean bySql) {
    if (bySql) {
      setStatus("revoked");
    } else {
      WIRE.kernel().admin().revokeService(revoked.id());
    }
  }

  private void setStatus(String status) {
    int changed =
        WIRE.kernel()
            .sql()
            .update("UPDATE services SET status = ? WHERE id = ?::uuid", status, revoked.id());
    assertThat(changed).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Acceptance({"WI-43", "WI-44", "WI-67"})
  void service_revoked_losesItsStreamsItsCallsAndItsPeers(boolean bySql) {
    Callee callee = WIRE.callee(revoked, "echo", Declare.HASH, Reply::echo);
    WireInstance gone = callee.instance();
    WireInstance watcher = WIRE.caller(watching, revoked.name(), "echo");
    WireInstance bystander = WIRE.connected(WIRE.service());
    bystander.register(Declare.nothing()).first();
    var report = gone.client().begin(Methods.TELEMETRY_REPORT, TelemetryBatch.getDefaultInstance());
    await().until(() -> watcher.view().instances().containsKey(gone.id()));

    revoke(bySql);

    await()
        .untilAsserted(
            () -> {
              assertThat(List.of(gone.control(), gone.registry(), report))
                  .allMatch(WireStream::isOver);
              assertThat(watcher.view().revokedServices()).contains(revoked.id());
              assertThat(bystander.view().revokedServices()).contains(revoked.id());
              assertThat(watcher.view().instances()).doesNotContainKey(gone.id());
              assertThat(watcher.view().methods(revoked.id())).isEmpty();
            });
    assertThat(gone.control().ended().answer()).isEqualTo(REVOKED);
    assertThat(gone.registry().ended().answer()).isEqualTo(REVOKED);
    assertThat(report.ended().answer()).isEqualTo(REVOKED);
    assertThat(gone.refresh().answer()).isEqualTo(REVOKED);
    assertThat(answers(gone.client())).containsOnly(REVOKED);
    assertThat(watcher.invoke(WireInstance.invocation(revoked.id(), "echo")).code())
        .isNotEqualTo(Status.Code.OK);
    assertThat(callee.server().received()).isEmpty();
    assertThat(
            WIRE.stranger(revoked)
                .provision(WireExtension.key(revoked), Certificates.request(Certificates.p256()))
                .code())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  /** What every method answers to it, those of modules that are not enabled too. */
  private static List<String> answers(WireClient client) {
    return Methods.ALL.stream().map(method -> ask(client, method)).toList();
  }

  private static <Q extends Message, R extends Message> String ask(
      WireClient client, RpcMethod<Q, R> method) {
    try {
      return client.unary(method, method.request().parseFrom(new byte[0])).answer();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  @Acceptance("WI-67")
  void service_activatedBySql_comesInAgain() {
    WireInstance before = WIRE.connected(revoked);
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    TRESTLE.connect(revoked, sdk -> sdk.listen(events::add));
    setStatus("revoked");
    assertThat(before.control().ended().answer()).isEqualTo(REVOKED);
    await().until(() -> events.stream().anyMatch(BridgeEvent.Disconnected.class::isInstance));

    setStatus("active");

    await().until(() -> before.refresh().code() == Status.Code.OK);
    assertThat(WIRE.connected(revoked).serviceId()).isEqualTo(revoked.id());
    ServiceBridge restarted = TRESTLE.connect(revoked, sdk -> {});
    assertThat(restarted.identity().orElseThrow().serviceId()).isEqualTo(revoked.id());
  }

  @Test
  @Acceptance("WI-67")
  void service_insertedBySql_comesInAtOnce() throws NoSuchAlgorithmException {
    UUID id = UUID.randomUUID();
    byte[] secret = new byte[32];
    secret[0] = 7;
    byte[] keyId = HexFormat.of().parseHex(id.toString().substring(0, 8) + "00000000");
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(secret));
    WireKey key = new WireKey(keyId, secret, WireExtension.key(watching).caDer());
    WIRE.kernel()
        .sql()
        .update(
            "INSERT INTO services (id, name, key_id, secret_hash) VALUES (?, ?, ?, ?)",
            id,
            "by-sql-" + id,
            keyId,
            "sha256:" + hash);

    WireInstance instance = WIRE.closing(WireInstance.provision(WIRE.kernel().grpc(), key));

    assertThat(instance.serviceId()).isEqualTo(id.toString());
    assertThat(instance.connect().getServiceName()).isEqualTo("by-sql-" + id);
    assertThat(instance.register(Declare.nothing()).first().hasSnapshot()).isTrue();
  }

  @Test
  @Acceptance("WI-43")
  void ourSdk_ofARevokedService_stopsForGood() {
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    ServiceBridge bridge = TRESTLE.connect(revoked, sdk -> sdk.listen(events::add));

    revoke(false);

    await().until(() -> events.stream().anyMatch(BridgeEvent.Disconnected.class::isInstance));
    assertThat(events).noneMatch(BridgeEvent.Reconnecting.class::isInstance);
    BridgeEvent.Disconnected end = (BridgeEvent.Disconnected) events.get(events.size() - 1);
    assertThat(end.error().code()).hasToString("ACCESS_DENIED");
    assertThat(bridge.identity()).isEmpty();
  }

  @Test
  @Acceptance({"WI-44", "WI-67"})
  void directCalls_fromARevokedService_areRefusedByOurSdk() {
    ServiceKey serving = WIRE.service();
    TRESTLE.connect(serving, sdk -> sdk.rpc().handle("echo", (request, context) -> request));
    WireInstance caller = WIRE.caller(revoked, serving.name(), "echo");
    await().until(() -> !caller.view().methods(serving.id()).isEmpty());
    MethodDescriptor method = caller.view().methods(serving.id()).get(0);
    String uri = Certificates.serviceUri(serving.id(), method.getInstanceId());
    try (WireClient direct = caller.dial(caller.view().endpoint(method.getInstanceId()), uri)) {
      CallRequest call =
          CallRequest.newBuilder()
              .setMethod("echo")
              .setPayload(ByteString.copyFromUtf8("x"))
              .setRequestId("r")
              .build();
      assertThat(direct.unary(Methods.CALL_UNARY, call).code()).isEqualTo(Status.Code.OK);

      revoke(true);

      await()
          .until(
              () -> direct.unary(Methods.CALL_UNARY, call).code() == Status.Code.PERMISSION_DENIED);
    }
  }

  @Test
  @Acceptance({"WI-44", "WI-67"})
  void directCalls_toARevokedService_failBeforeTheyReachIt() {
    Callee callee = WIRE.callee(revoked, "echo", "", Reply::echo);
    ServiceBridge bridge =
        TRESTLE.connect(watching, sdk -> sdk.service(revoked.name(), ServiceDeps.rpc("echo")));
    CallOptions direct = CallOptions.DEFAULT.withTransport(Transport.DIRECT);
    bridge.rpc().call(revoked.name(), "echo", new byte[1], direct);

    revoke(true);

    await()
        .until(
            () -> {
              int before = callee.server().received().size();
              var failure =
                  catchThrowableOfType(
                      ServiceBridgeException.class,
                      () -> bridge.rpc().call(revoked.name(), "echo", new byte[1], direct));
              return failure != null && callee.server().received().size() == before;
            });
  }

  @Test
  @Acceptance("WI-66")
  void name_ofARevokedService_isFreeAgainAndMeansTheNewOne() {
    Callee old = WIRE.callee(revoked, "echo", Declare.HASH, Reply::echo);
    WireInstance watcher = WIRE.caller(watching, revoked.name(), "echo");
    await().until(() -> watcher.view().instances().containsKey(old.id()));
    revoke(false);

    ServiceKey again = WIRE.kernel().service(revoked.name());
    Callee fresh = WIRE.callee(again, "echo", Declare.HASH, Reply::echo);

    assertThat(again.id()).isNotEqualTo(revoked.id());
    await().until(() -> watcher.view().instances().containsKey(fresh.id()));
    assertThat(watcher.view().methods(revoked.id())).isEmpty();
    assertThat(watcher.view().methods(again.id()))
        .extracting(MethodDescriptor::getInstanceId)
        .containsExactly(fresh.id());
    JsonObject byName = new JsonObject().put("name", revoked.name());
    JsonObject keys = WIRE.kernel().admin().ok("ServiceService/ListKeys", byName);
    assertThat(keys.getJsonArray("keys").getJsonObject(0).getString("serviceId"))
        .isEqualTo(again.id());
  }

  @Test
  @Acceptance("WI-68")
  void instance_revoked_staysOutAfterARestartToo_andItsSiblingsStayIn() {
    WireInstance gone = WIRE.connected(revoked);
    gone.register(Declare.nothing()).first();
    WireInstance sibling = WIRE.connected(revoked);
    sibling.register(Declare.nothing()).first();
    WireInstance bystander = WIRE.connected(watching);
    bystander.register(Declare.nothing()).first();

    WIRE.kernel()
        .admin()
        .ok("RegistryService/RevokeInstance", new JsonObject().put("instanceId", gone.id()));

    assertThat(gone.control().ended().answer()).isEqualTo(REVOKED);
    assertThat(gone.registry().ended().answer()).isEqualTo(REVOKED);
    assertThat(answers(gone.client())).containsOnly(REVOKED);
    await().until(() -> sibling.view().revokedInstances().contains(gone.id()));
    await().until(() -> bystander.view().revokedInstances().contains(gone.id()));
    assertThat(sibling.control().isOver()).isFalse();
    assertThat(sibling.refresh().code()).isEqualTo(Status.Code.OK);

    WIRE.kernel().stop();
    WIRE.kernel().run();

    assertThat(answers(WIRE.client(revoked, gone.identity()))).containsOnly(REVOKED);
    assertThat(
            WIRE.client(revoked, sibling.identity())
                .unary(Methods.INVOKE_UNARY, InvokeRequest.getDefaultInstance())
                .code())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(WIRE.connected(revoked).serviceId()).as("its key works").isEqualTo(revoked.id());
  }

  @Test
  @Acceptance("RG-15")
  void instance_revoked_proxiedCallsUnderWayToItAreCut() {
    Callee callee = WIRE.callee(revoked, "wait", Declare.HASH, call -> null);
    WireInstance caller = WIRE.caller(watching, revoked.name(), "wait");
    var call =
        CompletableFuture.supplyAsync(
            () -> caller.invoke(WireInstance.invocation(revoked.id(), "wait")));
    await().until(() -> !callee.server().received().isEmpty());

    WIRE.kernel()
        .admin()
        .ok(
            "RegistryService/RevokeInstance",
            new JsonObject().put("instanceId", callee.instance().id()));

    assertThat(call.join().code()).as("not its deadline").isEqualTo(Status.Code.UNAVAILABLE);
  }
}
