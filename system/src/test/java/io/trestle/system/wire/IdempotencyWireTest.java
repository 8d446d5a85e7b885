package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.InvokeResponse;
import io.trestle.system.wire.WireCallee.Received;
import io.trestle.system.wire.WireCallee.Reply;
import io.trestle.system.wire.WireExtension.Callee;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Idempotency keys as a caller of the proxy sees them (rpc.md 3.4). */
class IdempotencyWireTest {
  /** Shorter than any lease: a call that has to wait for one ends without a reply. */
  private static final Duration SHORT = Duration.ofMillis(500);

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  private final ServiceKey target = WIRE.service();
  private final ServiceKey calling = WIRE.service();
  private final AtomicInteger runs = new AtomicInteger();

  // ---- callees and calls

  /** Answers with the number of the run. */
  private Callee counting() {
    return serving(call -> numbered(runs.incrementAndGet()));
  }

  private Callee serving(Function<Received, @Nullable Reply> behaviour) {
    return WIRE.callee(target, "pay", Declare.HASH, behaviour);
  }

  private static Reply numbered(int run) {
    return Reply.of(
        CallResponse.newBuilder().setPayload(ByteString.copyFromUtf8("run " + run)).build());
  }

  private WireInstance caller() {
    return WIRE.caller(calling, target.name(), "pay", "other");
  }

  private InvokeRequest.Builder request(String key) {
    return WireInstance.invocation(target.id(), "pay").setIdempotencyKey(key);
  }

  private Ended<InvokeResponse> invoke(WireInstance caller, String key) {
    return caller.invoke(request(key));
  }

  private String reply(WireInstance caller, String key) {
    return invoke(caller, key).ok().getPayload().toStringUtf8();
  }

  private Ended<InvokeResponse> within(Duration timeout, WireInstance caller, String key) {
    return caller.client().unary(Methods.INVOKE_UNARY, request(key).build(), timeout);
  }

  /** What is stored for this caller grows older. */
  private void passes(Duration time) {
    WIRE.kernel()
        .sql()
        .update(
            "UPDATE rpc_idempotency SET claimed_at = claimed_at - ? * interval '1 ms',"
                + " valid_until = valid_until - ? * interval '1 ms' WHERE caller_service = ?::uuid",
            time.toMillis(),
            time.toMillis(),
            calling.id());
  }

  // ---- replays

  @Test
  @Acceptance("RPC-28")
  void secondCall_withinTheTtl_getsTheFirstReply_andRunsAgainAfterIt() {
    Callee callee = counting();
    WireInstance caller = caller();

    assertThat(reply(caller, "k")).isEqualTo("run 1");
    passes(Duration.ofMinutes(4));
    assertThat(reply(caller, "k")).isEqualTo("run 1");
    assertThat(runs).hasValue(1);
    assertThat(callee.server().received().get(0).request().getIdempotencyKey()).isEqualTo("k");

    passes(Duration.ofMinutes(2));
    assertThat(reply(caller, "k")).isEqualTo("run 2");
  }

  @Test
  @Acceptance("RPC-29")
  void calls_withoutAKey_runEachTime() {
    counting();
    WireInstance caller = caller();

    assertThat(reply(caller, "")).isEqualTo("run 1");
    assertThat(reply(caller, "")).isEqualTo("run 2");
    assertThat(rows()).isZero();
  }

  @Test
  @Acceptance("RPC-28")
  void reply_isReplayed_whenNobodyServesTheMethodAnyMore() {
    Callee callee = counting();
    WireInstance caller = caller();
    InvokeResponse first = invoke(caller, "k").ok();

    callee.instance().close();

    assertThat(invoke(caller, "k").ok()).isEqualTo(first);
  }

  @Test
  void ttl_isTheSettingInForceWhenTheReplyIsSaved() {
    counting();
    WireInstance caller = caller();
    WIRE.setting("rpc.idempotency_rpc_ttl_ms", "1000");
    try {
      await().untilAsserted(() -> assertThat(ttlOf(caller)).isEqualTo(1_000));
    } finally {
      WIRE.setting("rpc.idempotency_rpc_ttl_ms", "300000");
    }
    await().untilAsserted(() -> assertThat(ttlOf(caller)).isEqualTo(300_000));
  }

  /** In milliseconds, of a new key. */
  private long ttlOf(WireInstance caller) {
    String key = UUID.randomUUID().toString();
    reply(caller, key);
    return WIRE.kernel()
        .sql()
        .count(
            "SELECT round(extract(epoch FROM valid_until - saved_at) * 1000)::int8"
                + " FROM rpc_idempotency WHERE idempotency_key = ?",
            key);
  }

  @Test
  void businessError_isSavedLikeAReply() {
    CallResponse declined =
        CallResponse.newBuilder().setErrorCode("CARD_DECLINED").setErrorMessage("no funds").build();
    Callee callee = serving(call -> Reply.of(declined));
    WireInstance caller = caller();

    InvokeResponse first = invoke(caller, "k").ok();
    InvokeResponse second = invoke(caller, "k").ok();

    assertThat(first.getErrorCode()).isEqualTo("CARD_DECLINED");
    assertThat(second).isEqualTo(first);
    assertThat(callee.server().received()).hasSize(1);
  }

  @Test
  void failedHandler_isNotSaved() {
    CallResponse failed = CallResponse.newBuilder().setErrorCode("INTERNAL").build();
    Callee callee = serving(call -> Reply.of(failed));
    WireInstance caller = caller();

    assertThat(invoke(caller, "k").ok().getErrorCode()).isEqualTo("INTERNAL");
    assertThat(invoke(caller, "k").ok().getErrorCode()).isEqualTo("INTERNAL");

    assertThat(callee.server().received()).hasSize(2);
  }

  @Test
  void largestReply_isSavedAndReplayed() {
    byte[] large = new byte[(4 << 20) - 4096];
    large[0] = 1;
    large[large.length - 1] = 2;
    CallResponse response =
        CallResponse.newBuilder().setPayload(ByteString.copyFrom(large)).build();
    Callee callee = serving(call -> Reply.of(response));
    WireInstance caller = caller();

    assertThat(invoke(caller, "k").ok().getPayload()).isEqualTo(response.getPayload());
    assertThat(invoke(caller, "k").ok().getPayload()).isEqualTo(response.getPayload());
    assertThat(callee.server().received()).hasSize(1);
  }

  // ---- scope

  @Test
  void key_belongsToCallerTargetAndMethod_notToTheContract() {
    counting();
    WIRE.callee(target, "other", Declare.HASH, call -> numbered(runs.incrementAndGet()));
    WIRE.callee(target, "pay", "v2:bb", call -> numbered(runs.incrementAndGet()));
    WireInstance caller = caller();
    WireInstance stranger = WIRE.caller(WIRE.service(), target.name(), "pay");

    assertThat(reply(caller, "k")).isEqualTo("run 1");
    assertThat(reply(stranger, "k")).isEqualTo("run 2");
    assertThat(text(caller.invoke(request("k").setMethod("other")))).isEqualTo("run 3");
    assertThat(text(caller.invoke(request("k").setContractHash(ByteString.copyFromUtf8("v2:bb")))))
        .as("another contract, the same key")
        .isEqualTo("run 1");
    assertThat(reply(caller(), "k")).as("another instance of the caller").isEqualTo("run 1");
  }

  private static String text(Ended<InvokeResponse> ended) {
    return ended.ok().getPayload().toStringUtf8();
  }

  @Test
  void key_thatIsTooLong_isRefused() {
    counting();
    WireInstance caller = caller();

    var refused = invoke(caller, "x".repeat(256));

    assertThat(refused.answer())
        .isEqualTo("INVALID_ARGUMENT idempotency_key: 256 bytes (expected: at most 255)");
    assertThat(refused.notDispatched()).isFalse();
    assertThat(reply(caller, "\u0000".repeat(255))).isEqualTo("run 1");
    assertThat(reply(caller, "\u0000".repeat(255))).isEqualTo("run 1");
  }

  @Test
  void otherPayload_isRefusedOrAnsweredAsTheSettingSays() {
    counting();
    WireInstance caller = caller();
    assertThat(reply(caller, "k")).isEqualTo("run 1");
    var other = request("k").setPayload(ByteString.copyFromUtf8("another"));

    var refused = caller.invoke(other);
    WIRE.setting("rpc.idempotency_on_mismatch", "replay");
    try {
      await().until(() -> caller.invoke(other).code() == Status.Code.OK);
      assertThat(text(caller.invoke(other))).isEqualTo("run 1");
    } finally {
      WIRE.setting("rpc.idempotency_on_mismatch", "reject");
    }

    assertThat(refused.code()).isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(refused.notDispatched()).isFalse();
    await().until(() -> caller.invoke(other).code() == Status.Code.ALREADY_EXISTS);
    assertThat(runs).hasValue(1);
  }

  // ---- two at once

  @Test
  @Acceptance("RPC-30")
  void callsAtOnce_runOnce_andGetEqualReplies() {
    CountDownLatch go = new CountDownLatch(1);
    serving(
        call -> {
          int run = runs.incrementAndGet();
          awaitLatch(go);
          return numbered(run);
        });
    // instances of their own, so connections and event loops of their own
    List<WireInstance> callers = Stream.generate(this::caller).limit(3).toList();

    var calls =
        callers.stream()
            .flatMap(c -> Stream.of(c, c))
            .map(c -> c.client().open(Methods.INVOKE_UNARY, request("k").build()))
            .toList();
    await().until(() -> runs.get() == 1);
    go.countDown();

    assertThat(calls).allSatisfy(call -> assertThat(text(call.ended())).isEqualTo("run 1"));
    assertThat(runs).hasValue(1);
  }

  @Test
  @Acceptance("RPC-30")
  void duplicate_whoseTimeIsOverFirst_getsDeadlineExceeded() {
    CountDownLatch go = new CountDownLatch(1);
    serving(
        call -> {
          int run = runs.incrementAndGet();
          awaitLatch(go);
          return numbered(run);
        });
    WireInstance caller = caller();
    var running = caller.client().open(Methods.INVOKE_UNARY, request("k").build());
    await().until(() -> runs.get() == 1);

    var late = within(SHORT, caller(), "k");
    go.countDown();

    assertThat(late.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(late.notDispatched()).isFalse();
    assertThat(text(running.ended())).isEqualTo("run 1");
    assertThat(runs).hasValue(1);
  }

  // ---- what is released, what is kept

  @ParameterizedTest
  @ValueSource(strings = {"ABORTED", "UNAVAILABLE", "INTERNAL", "NOT_FOUND", "CANCELLED"})
  @Acceptance("RPC-37")
  void status_ofTheCallee_freesTheKeyAtOnce(String code) {
    Status status = Status.fromCode(Status.Code.valueOf(code)).withDescription("as it is");
    serving(call -> runs.incrementAndGet() == 1 ? Reply.fail(status) : numbered(runs.get()));
    WireInstance caller = caller();

    assertThat(invoke(caller, "k").answer()).isEqualTo(code + " as it is");
    assertThat(reply(caller, "k")).isEqualTo("run 2");
  }

  @Test
  void refusal_beforeDispatch_freesTheKeyAtOnce() {
    Status full = Status.RESOURCE_EXHAUSTED.withDescription("full");
    serving(call -> runs.incrementAndGet() == 1 ? Reply.refuse(full) : numbered(runs.get()));
    WireInstance caller = caller();

    var refused = invoke(caller, "k");

    assertThat(refused.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.notDispatched()).isTrue();
    assertThat(reply(caller, "k")).isEqualTo("run 2");
  }

  @Test
  void nobodyThere_freesTheKeyAtOnce() {
    WireInstance caller = caller();
    var refused = invoke(caller, "k");
    assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refused.notDispatched()).isTrue();

    counting();

    assertThat(reply(caller, "k")).isEqualTo("run 1");
  }

  @Test
  void brokenConnection_keepsTheKeyUntilTheLeaseEnds() {
    CompletableFuture<WireCallee> self = new CompletableFuture<>();
    Callee crashing =
        serving(
            call -> {
              runs.incrementAndGet();
              self.join().crash();
              return null;
            });
    self.complete(crashing.server());
    WireInstance caller = caller();

    var lost = invoke(caller, "k");
    crashing.instance().close();
    counting();
    var waiting = within(SHORT, caller, "k");
    assertThat(runs).as("nobody runs within the lease").hasValue(1);
    passes(Duration.ofSeconds(36));

    assertThat(lost.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(lost.notDispatched()).isFalse();
    assertThat(waiting.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(reply(caller, "k")).as("30 s and 5 s later").isEqualTo("run 2");
  }

  @Test
  @Acceptance("RPC-37")
  void replyAfterTheDeadline_isSaved_forTheCallThatWaits() {
    WireInstance instance = WIRE.connected(target);
    LateCallee late = WIRE.closing(LateCallee.start(instance.identity(), instance.ca()));
    instance.register(Declare.handlers(late.endpoint(), "pay")).first();
    await().until(() -> instance.view().instances().containsKey(instance.id()));
    WireInstance caller = caller();

    var first = within(Duration.ofSeconds(2), caller, "k");
    var second = caller.client().open(Methods.INVOKE_UNARY, request("k").build());
    late.answer(CallResponse.newBuilder().setPayload(ByteString.copyFromUtf8("at last")).build());

    assertThat(first.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(first.notDispatched()).isFalse();
    assertThat(text(second.ended())).isEqualTo("at last");
    assertThat(reply(caller, "k")).isEqualTo("at last");
    assertThat(late.received()).isEqualTo(1);
  }

  @Test
  @Acceptance("RPC-35")
  void callerThatLeaves_withAKey_isNotSeenByTheCallee_andItsReplyIsSaved() {
    CountDownLatch go = new CountDownLatch(1);
    AtomicBoolean cancelled = new AtomicBoolean();
    serving(
        call -> {
          int run = runs.incrementAndGet();
          awaitLatch(go);
          cancelled.set(Context.current().isCancelled());
          return numbered(run);
        });
    WireInstance caller = caller();
    var leaving = caller.client().open(Methods.INVOKE_UNARY, request("k").build());
    await().until(() -> runs.get() == 1);

    leaving.cancel();
    assertThat(leaving.ended().code()).isEqualTo(Status.Code.CANCELLED);
    // the runtime has read the cancellation when it answers a later call of that connection
    caller.invoke(WireInstance.invocation(target.id(), "nobody"));
    var repeated = caller.client().open(Methods.INVOKE_UNARY, request("k").build());
    go.countDown();

    assertThat(text(repeated.ended())).isEqualTo("run 1");
    assertThat(cancelled).isFalse();
    assertThat(runs).hasValue(1);
  }

  @Test
  @Acceptance("RPC-35")
  void callerThatLeaves_withoutAKey_isSeenByTheCallee() {
    CompletableFuture<Void> seen = new CompletableFuture<>();
    serving(
        call -> {
          Context.current().addListener(context -> seen.complete(null), Runnable::run);
          runs.incrementAndGet();
          return null;
        });
    var leaving = caller().client().open(Methods.INVOKE_UNARY, request("").build());
    await().until(() -> runs.get() == 1);

    leaving.cancel();

    await().until(seen::isDone);
  }

  // ---- permissions

  @Test
  @Acceptance("AP-19")
  void replay_afterThePermissionWent_isDenied() {
    counting();
    WireInstance caller = caller();
    assertThat(reply(caller, "k")).isEqualTo("run 1");

    WIRE.kernel()
        .sql()
        .update(
            "INSERT INTO service_policy_rules (service_id, direction, action, target_name)"
                + " VALUES (?::uuid, 'E', 'rpc.call', 'something-else')",
            calling.id());

    await().until(() -> invoke(caller, "k").code() == Status.Code.PERMISSION_DENIED);
    assertThat(runs).hasValue(1);
    assertThat(rows()).as("the reply is still there").isEqualTo(1);
  }

  private long rows() {
    return WIRE.kernel()
        .sql()
        .count("SELECT count(*) FROM rpc_idempotency WHERE caller_service = ?::uuid", calling.id());
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
