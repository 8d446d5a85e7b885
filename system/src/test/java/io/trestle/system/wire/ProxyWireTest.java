package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.InvokeResponse;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.system.wire.WireCallee.Reply;
import io.trestle.system.wire.WireExtension.Callee;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls through the runtime and past it, with a foreign stack at one of the ends. */
class ProxyWireTest {
  private static final String TRACE =
      "019a0000-0000-7000-8000-000000000001-019a0000-0000-7000-8000-000000000002";
  private static final Metadata.Key<String> TRACE_KEY =
      Metadata.Key.of("x-sb-trace", Metadata.ASCII_STRING_MARSHALLER);

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey target = WIRE.service();
  private final ServiceKey calling = WIRE.service();

  private Callee echo() {
    return WIRE.callee(target, "echo", Declare.HASH, Reply::echo);
  }

  private WireInstance caller() {
    return WIRE.caller(calling, target.name(), "echo");
  }

  private Ended<InvokeResponse> invoke(WireInstance caller) {
    return caller.invoke(WireInstance.invocation(target.id(), "echo"));
  }

  // ---- who is seen

  @Test
  @Acceptance("WI-17")
  void callee_ofAProxiedCall_seesTheRuntime() {
    Callee callee = echo();

    assertThat(invoke(caller()).ok().getPayload().toStringUtf8()).isEqualTo("hello");

    var call = callee.server().received().get(0);
    assertThat(Certificates.uris(call.peer())).containsExactly(Certificates.RUNTIME_URI);
    assertThat(Certificates.purposes(call.peer())).contains(Certificates.CLIENT_AUTH);
    assertThat(call.request().getCallerService()).isEqualTo(calling.id());
    assertThat(call.request().getRequestId()).isEqualTo("request-1");
  }

  // ---- both stacks, both directions

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance({"WI-47", "WI-48"})
  void ourSdk_callsAForeignCallee(Transport transport) {
    Callee callee = WIRE.callee(target, "echo", "", Reply::echo);
    byte[] payload = {0, 1, -1, 127, -128};
    ServiceBridge bridge =
        TRESTLE.connect(calling, sdk -> sdk.service(target.name(), ServiceDeps.rpc("echo")));

    byte[] reply =
        bridge
            .rpc()
            .call(
                target.name(),
                "echo",
                payload,
                CallOptions.DEFAULT.withTransport(transport).withIdempotencyKey("key-1"));

    assertThat(reply).isEqualTo(payload);
    var call = callee.server().received().get(0);
    boolean proxied = transport == Transport.PROXY;
    assertThat(Certificates.uris(call.peer()).get(0).equals(Certificates.RUNTIME_URI))
        .isEqualTo(proxied);
    assertThat(call.request().getIdempotencyKey()).isEqualTo("key-1");
    assertThat(call.request().getCallerService()).isEqualTo(calling.id());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Acceptance({"WI-47", "WI-48"})
  void foreignCaller_callsOurSdk(boolean proxied) {
    AtomicReference<String> seenCaller = new AtomicReference<>("");
    AtomicReference<String> seenKey = new AtomicReference<>("");
    TRESTLE.connect(
        target,
        sdk ->
            sdk.rpc()
                .handle(
                    "echo",
                    (request, context) -> {
                      seenCaller.set(context.caller().serviceId());
                      seenKey.set(context.idempotencyKey());
                      return request;
                    }));
    WireInstance caller = caller();
    await().until(() -> !caller.view().methods(target.id()).isEmpty());

    ByteString reply = proxied ? proxied(caller) : direct(caller);

    assertThat(reply.toStringUtf8()).isEqualTo("hello");
    assertThat(seenCaller).hasValue(calling.id());
    assertThat(seenKey).hasValue("key-2");
  }

  @Test
  @Acceptance("RPC-36")
  void foreignCaller_withoutDeadline_givesOneToAUnaryCallAndNoneToAStream() {
    List<Optional<Duration>> unary = new CopyOnWriteArrayList<>();
    List<Optional<Duration>> stream = new CopyOnWriteArrayList<>();
    TRESTLE.connect(
        target,
        sdk -> {
          sdk.rpc()
              .handle(
                  "echo",
                  (request, context) -> {
                    unary.add(context.remaining());
                    return request;
                  });
          sdk.rpc()
              .handleStream(
                  "chunks",
                  (request, context, out) -> {
                    stream.add(context.remaining());
                    out.send(request);
                    out.send(request);
                    throw new HandlerException("ENOUGH", "no more");
                  });
        });
    WireInstance caller = WIRE.caller(calling, target.name(), "*");
    await().until(() -> caller.view().methods(target.id()).size() == 2);

    assertThat(caller.invoke(unhashed("echo")).ok().getPayload().toStringUtf8()).isEqualTo("hello");
    var ended = caller.client().open(Methods.INVOKE_STREAM, unhashed("chunks").build()).ended();

    assertThat(unary).hasSize(1);
    assertThat(unary.get(0).orElseThrow())
        .isBetween(Duration.ofSeconds(20), Duration.ofSeconds(30));
    assertThat(stream).containsExactly(Optional.empty());
    assertThat(ended.code()).isEqualTo(Status.Code.OK);
    assertThat(ended.messages())
        .extracting(chunk -> chunk.getPayload().toStringUtf8() + chunk.getErrorCode())
        .containsExactly("hello", "hello", "ENOUGH");
  }

  private InvokeRequest.Builder unhashed(String method) {
    return WireInstance.invocation(target.id(), method).clearContractHash();
  }

  private ByteString proxied(WireInstance caller) {
    var method = caller.view().methods(target.id()).get(0);
    return caller
        .invoke(
            WireInstance.invocation(target.id(), "echo")
                .setContractHash(ByteString.copyFromUtf8(method.getContractHash()))
                .setIdempotencyKey("key-2"))
        .ok()
        .getPayload();
  }

  private ByteString direct(WireInstance caller) {
    try (WireClient client = dial(caller)) {
      return client
          .unary(Methods.CALL_UNARY, call("echo").setIdempotencyKey("key-2").build())
          .ok()
          .getPayload();
    }
  }

  /**
   * A direct connection to the only instance that serves the method, checked as wire.md 3.7 says.
   */
  private WireClient dial(WireInstance caller) {
    var method = caller.view().methods(target.id()).get(0);
    String uri = Certificates.serviceUri(method.getServiceId(), method.getInstanceId());
    return caller.dial(caller.view().endpoint(method.getInstanceId()), uri);
  }

  private CallRequest.Builder call(String method) {
    return CallRequest.newBuilder()
        .setMethod(method)
        .setPayload(ByteString.copyFromUtf8("hello"))
        .setCallerService(calling.id())
        .setRequestId("request-2");
  }

  // ---- refusals of callees

  @ParameterizedTest
  @ValueSource(strings = {"UNAVAILABLE", "RESOURCE_EXHAUSTED"})
  @Acceptance("WI-53")
  void callee_thatRefusesUntouched_isReplacedByAnother(String code) {
    Callee refusing = WIRE.callee(target, "echo", Declare.HASH, call -> refusal(code));
    Callee willing = echo();
    WireInstance caller = caller();

    await()
        .until(
            () -> {
              assertThat(invoke(caller).ok().getPayload().toStringUtf8()).isEqualTo("hello");
              return !refusing.server().received().isEmpty();
            });

    assertThat(willing.server().received()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UNAVAILABLE", "RESOURCE_EXHAUSTED"})
  @Acceptance("WI-53")
  void callee_thatRefusesUntouched_aloneAndNamed_isHeardByTheCaller(String code) {
    WIRE.callee(target, "echo", Declare.HASH, call -> refusal(code));

    var refused = invoke(caller());

    assertThat(refused.code().name()).isEqualTo(code);
    assertThat(refused.notDispatched()).isTrue();
  }

  private static Reply refusal(String code) {
    return Reply.refuse(Status.fromCode(Status.Code.valueOf(code)).withDescription("not now"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"UNAVAILABLE", "NOT_FOUND", "INTERNAL", "PERMISSION_DENIED"})
  @Acceptance("WI-54")
  void callee_thatFailsWithoutTheTrailer_isAskedOnceAndHeard(String code) {
    Status status = Status.fromCode(Status.Code.valueOf(code)).withDescription("as it is");
    Callee one = WIRE.callee(target, "echo", Declare.HASH, call -> Reply.fail(status));
    Callee other = WIRE.callee(target, "echo", Declare.HASH, call -> Reply.fail(status));

    var failed = invoke(caller());

    assertThat(failed.answer()).isEqualTo(code + " as it is");
    assertThat(failed.notDispatched()).isFalse();
    assertThat(one.server().received().size() + other.server().received().size()).isEqualTo(1);
  }

  @Test
  @Acceptance("WI-54")
  void callee_whoseConnectionBreaksAfterTheRequest_isNotAskedAgain() {
    List<Callee> callees = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      CompletableFuture<WireCallee> self = new CompletableFuture<>();
      Callee callee =
          WIRE.callee(
              target,
              "echo",
              Declare.HASH,
              call -> {
                self.join().crash();
                return null;
              });
      self.complete(callee.server());
      callees.add(callee);
    }

    var failed = invoke(caller());

    assertThat(failed.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failed.notDispatched()).isFalse();
    assertThat(callees.stream().mapToInt(c -> c.server().received().size()).sum()).isEqualTo(1);
  }

  @Test
  @Acceptance("WI-53")
  void ourSdk_whenFull_refusesUntouchedDirectlyAndThroughTheProxy() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    TRESTLE.connect(
        target,
        builder -> builder.inboundLimits(1, 0),
        sdk ->
            sdk.rpc()
                .handle(
                    "echo",
                    (request, context) -> {
                      busy.countDown();
                      release.await();
                      return request;
                    }));
    WireInstance caller = caller();
    await().until(() -> !caller.view().methods(target.id()).isEmpty());
    // a connection each: one connection takes no more streams than there are places
    try (WireClient first = dial(caller);
        WireClient second = dial(caller)) {
      var running = first.open(Methods.CALL_UNARY, call("echo").build());
      busy.await();

      var direct = second.unary(Methods.CALL_UNARY, call("echo").build());
      var proxied =
          caller.invoke(
              WireInstance.invocation(target.id(), "echo").setContractHash(ByteString.EMPTY));

      release.countDown();
      assertThat(running.ended().code()).isEqualTo(Status.Code.OK);
      assertThat(direct.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(direct.notDispatched()).isTrue();
      assertThat(proxied.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(proxied.notDispatched()).isTrue();
    }
  }

  // ---- traces

  @Test
  @Acceptance("WI-55")
  void trace_inMetadata_reachesTheCalleeInMetadataAndBody() {
    Callee callee = echo();
    Metadata headers = new Metadata();
    headers.put(TRACE_KEY, TRACE);
    String other = TRACE.replace('1', '3');

    caller()
        .client()
        .unary(
            Methods.INVOKE_UNARY,
            WireInstance.invocation(target.id(), "echo").setXSbTrace(other).build(),
            headers)
        .ok();

    var call = callee.server().received().get(0);
    assertThat(call.header("x-sb-trace")).as("metadata wins").isEqualTo(TRACE);
    assertThat(call.request().getXSbTrace()).isEqualTo(TRACE);
  }

  @Test
  @Acceptance("WI-55")
  void trace_inTheBodyAlone_reachesTheCalleeInBoth() {
    Callee callee = echo();

    caller().invoke(WireInstance.invocation(target.id(), "echo").setXSbTrace(TRACE)).ok();

    var call = callee.server().received().get(0);
    assertThat(call.header("x-sb-trace")).isEqualTo(TRACE);
    assertThat(call.request().getXSbTrace()).isEqualTo(TRACE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "019a0000-0000-7000-8000-000000000001",
        "019a0000-0000-7000-8000-000000000001_019a0000-0000-7000-8000-000000000002",
        "019a0000-0000-7000-8000-00000000000g-019a0000-0000-7000-8000-000000000002"
      })
  @Acceptance("WI-55")
  void trace_malformed_isDroppedAndTheCalleeStartsTheRoot(String trace) {
    Callee callee = echo();
    Metadata headers = new Metadata();
    headers.put(TRACE_KEY, trace);

    caller()
        .client()
        .unary(
            Methods.INVOKE_UNARY,
            WireInstance.invocation(target.id(), "echo").setXSbTrace(trace).build(),
            headers)
        .ok();

    var call = callee.server().received().get(0);
    assertThat(call.header("x-sb-trace")).isNull();
    assertThat(call.request().getXSbTrace()).isEmpty();
  }

  // ---- choice

  @Test
  @Acceptance("RPC-21")
  void exclusion_ofTheOnlyInstance_usesItAllTheSame() {
    Callee only = echo();
    WireInstance caller = caller();
    var excluding = WireInstance.invocation(target.id(), "echo");

    caller.invoke(excluding.addExcludeInstanceIds(only.id())).ok();

    assertThat(only.server().received()).hasSize(1);
  }

  @Test
  @Acceptance("WI-56")
  void exclusion_ofAllButOne_usesThatOne_andOfAllUsesOneOfThem() {
    Callee one = echo();
    Callee two = echo();
    Callee three = echo();
    WireInstance caller = caller();
    var excluding = WireInstance.invocation(target.id(), "echo");
    excluding.addExcludeInstanceIds(one.id()).addExcludeInstanceIds(three.id());

    for (int i = 0; i < 12; i++) {
      caller.invoke(excluding).ok();
    }
    assertThat(two.server().received()).hasSize(12);

    caller.invoke(excluding.addExcludeInstanceIds(two.id())).ok();
    assertThat(
            one.server().received().size()
                + two.server().received().size()
                + three.server().received().size())
        .isEqualTo(13);
  }

  @Test
  @Acceptance("WI-57")
  void contractHash_isComparedAsText() {
    Callee older = WIRE.callee(target, "echo", "v2:aa", Reply::echo);
    Callee newer = WIRE.callee(target, "echo", "v2:bb", Reply::echo);
    Callee without = WIRE.callee(target, "echo", "", Reply::echo);
    WireInstance caller = caller();

    for (int i = 0; i < 8; i++) {
      caller.invoke(withHash("v2:bb")).ok();
    }
    caller.invoke(withHash("")).ok();
    var none = caller.invoke(withHash("v2:BB"));

    assertThat(older.server().received()).isEmpty();
    assertThat(newer.server().received()).hasSize(8);
    assertThat(without.server().received()).hasSize(1);
    assertThat(none.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(none.notDispatched()).isTrue();
  }

  @Test
  @Acceptance("RPC-39")
  void method_nobodyOffers_isUnavailableUntouched_anUnknownServiceIsNotFound() {
    Callee callee = echo();
    WireInstance caller = caller();

    var nobody = caller.invoke(WireInstance.invocation(target.id(), "another"));
    var unknown = caller.invoke(WireInstance.invocation(UUID.randomUUID().toString(), "echo"));

    assertThat(nobody.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(nobody.notDispatched()).isTrue();
    assertThat(unknown.code()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(unknown.notDispatched()).isFalse();
    assertThat(callee.server().received()).isEmpty();
  }

  private InvokeRequest.Builder withHash(String hash) {
    return WireInstance.invocation(target.id(), "echo")
        .setContractHash(ByteString.copyFrom(hash, StandardCharsets.UTF_8));
  }

  // ---- what is passed through

  @Test
  @Acceptance({"WI-51", "WI-49"})
  void answerAndDeadline_passThroughUnchanged() {
    CallResponse business =
        CallResponse.newBuilder().setErrorCode("CARD_DECLINED").setErrorMessage("no funds").build();
    Callee callee = WIRE.callee(target, "echo", Declare.HASH, call -> Reply.of(business));
    WireInstance caller = caller();
    var request = WireInstance.invocation(target.id(), "echo").build();

    InvokeResponse reply = caller.client().unary(Methods.INVOKE_UNARY, request).ok();
    caller.client().unary(Methods.INVOKE_UNARY, request, Duration.ofSeconds(4)).ok();

    assertThat(reply.getErrorCode()).isEqualTo("CARD_DECLINED");
    assertThat(reply.getErrorMessage()).isEqualTo("no funds");
    assertThat(callee.server().received().get(0).remainingMillis())
        .as("none named: the default of 30 s")
        .isBetween(20_000L, 30_000L);
    assertThat(callee.server().received().get(1).remainingMillis()).isBetween(1_000L, 4_000L);
  }

  // ---- sizes

  @Test
  @Acceptance("RPC-38")
  void payload_of4MebibytesLess4KiB_arrives_andSoDoesTheReply() {
    Callee callee = echo();
    ByteString payload = ByteString.copyFrom(new byte[(4 << 20) - (4 << 10)]);

    InvokeResponse reply = invoke(caller(), payload).ok();

    assertThat(callee.server().received().get(0).request().getPayload()).isEqualTo(payload);
    assertThat(reply.getPayload()).isEqualTo(payload);
  }

  /** The smaller passes the gateway, whose bound is wider, and is refused by the proxy. */
  @ParameterizedTest
  @ValueSource(ints = {(4 << 20) + 1, 5 << 20})
  @Acceptance("RPC-38")
  void payload_tooLarge_isRefusedWithoutTrailer_andReachesNobody(int size) {
    Callee callee = echo();
    WireInstance caller = caller();

    var refused = invoke(caller, ByteString.copyFrom(new byte[size]));

    assertThat(refused.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.notDispatched()).isFalse();
    invoke(caller).ok(); // whatever was forwarded has arrived by now, on the same connection
    assertThat(callee.server().received())
        .extracting(call -> call.request().getPayload().toStringUtf8())
        .containsExactly("hello");
  }

  @Test
  @Acceptance("RPC-38")
  void reply_tooLarge_isRefused() {
    CallResponse large =
        CallResponse.newBuilder().setPayload(ByteString.copyFrom(new byte[5 << 20])).build();
    Callee callee = WIRE.callee(target, "echo", Declare.HASH, call -> Reply.of(large));

    var refused = invoke(caller());

    assertThat(refused.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.notDispatched()).isFalse();
    assertThat(callee.server().received()).hasSize(1);
  }

  private Ended<InvokeResponse> invoke(WireInstance caller, ByteString payload) {
    return caller.invoke(WireInstance.invocation(target.id(), "echo").setPayload(payload));
  }
}
