package io.trestle.rpc;

import static io.trestle.rpc.RpcDatabase.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trestle.Acceptance;
import io.trestle.conversations.Refused;
import io.trestle.kernel.Clock;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.protocol.StatusCode;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.wire.Frames;
import io.trestle.rpc.core.HeldBytes;
import io.trestle.rpc.core.IdempotencyKey;
import io.trestle.rpc.core.IdempotencyRules;
import io.trestle.rpc.core.Verdict;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Calls with a key on a real database, with callees under the hand of the test. Two desks are two
 * processes: they share nothing but the database.
 */
class KeyedCallTest {
  private static RpcDatabase database;

  private final AtomicLong ahead = new AtomicLong();
  private final long began = System.currentTimeMillis();
  private final Clock clock = () -> began + ahead.get();
  private final List<SimpleMeterRegistry> meters = new ArrayList<>();
  private final IdempotencyDesk here = desk();
  private final IdempotencyDesk there = desk();
  private final IdempotencyKey key =
      new IdempotencyKey(UUID.randomUUID(), UUID.randomUUID(), "pay", "k");
  private final AtomicBoolean permitted = new AtomicBoolean(true);
  private final List<Promise<Attempt.Ended>> runs = new CopyOnWriteArrayList<>();
  private volatile long requestBytes = 100;

  @BeforeAll
  static void open() {
    database = new RpcDatabase();
  }

  @AfterAll
  static void close() {
    database.close();
  }

  private IdempotencyDesk desk() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    meters.add(registry);
    return new IdempotencyDesk(
        database.store(),
        clock,
        UUID::randomUUID,
        RpcDatabase.KERNEL,
        registry,
        new IdempotencyDesk.Rules(() -> Duration.ofMinutes(5), () -> false));
  }

  // ---- calls

  /** A call under way. */
  private record Running(KeyedCall call, Future<Buffer> answer) {
    String text() throws Exception {
      Buffer frame = await(answer);
      byte[] message = frame.getBytes(Frames.HEADER, frame.length());
      return CallResponse.parseFrom(message).getPayload().toString(StandardCharsets.UTF_8);
    }

    StatusCode status() {
      await().until(answer::isComplete);
      return ((GrpcFailure) answer.cause()).status();
    }
  }

  private Running start(IdempotencyDesk desk) {
    return start(desk, Duration.ofSeconds(30), false);
  }

  private Running start(IdempotencyDesk desk, Duration timeout, boolean leave) {
    Promise<Running> started = Promise.promise();
    database
        .vertx()
        .runOnContext(
            turn -> {
              KeyedCall call =
                  new KeyedCall(
                      database.vertx(), clock, desk, request(clock.millis() + timeout.toMillis()));
              started.complete(new Running(call, call.run()));
              if (leave) {
                call.leave();
              }
            });
    return await(started.future());
  }

  private KeyedCall.Request request(long deadlineMillis) {
    return new KeyedCall.Request(
        key,
        key.id(),
        IdempotencyRules.hash(ByteString.copyFromUtf8("payload")),
        new ProxyCall.Time(deadlineMillis, IdempotencyRules.GRACE_MILLIS),
        requestBytes,
        this::admit,
        () -> {
          Promise<Attempt.Ended> run = Promise.promise();
          runs.add(run);
          return run.future();
        });
  }

  private void admit() {
    if (!permitted.get()) {
      throw GrpcFailure.of(StatusCode.PERMISSION_DENIED, "access denied");
    }
  }

  private void running(int count) {
    await().until(() -> runs.size() == count);
  }

  private void answers(int run, String text) {
    CallResponse response =
        CallResponse.newBuilder().setPayload(ByteString.copyFromUtf8(text)).build();
    byte[] message = response.toByteArray();
    Buffer frame =
        Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
    runs.get(run).complete(new Attempt.Ended(new Verdict.Answer(), frame));
  }

  private double counted(String event) {
    return meters.stream()
        .mapToDouble(m -> m.counter("trestle_rpc_idempotency", "event", event).count())
        .sum();
  }

  // ---- other processes

  @Test
  void duplicate_inAnotherProcess_getsTheReplyOfTheFirst() throws Exception {
    Running first = start(here);
    running(1);
    Running second = start(there);

    answers(0, "one");

    assertThat(first.text()).isEqualTo("one");
    assertThat(second.text()).isEqualTo("one");
    assertThat(runs).hasSize(1);
    assertThat(counted("saved")).isEqualTo(1);
    assertThat(counted("replayed")).isEqualTo(1);
  }

  @Test
  void release_inAnotherProcess_letsTheDuplicateRun() throws Exception {
    Running first = start(here);
    running(1);
    Running second = start(there);

    Verdict aborted = new Verdict.Final(StatusCode.ABORTED, "no");
    runs.get(0).complete(new Attempt.Ended(aborted, null));

    assertThat(first.status()).isEqualTo(StatusCode.ABORTED);
    running(2);
    answers(1, "two");
    assertThat(second.text()).isEqualTo("two");
  }

  @Test
  void endedLease_isTakenOver_andTheLateReplyOfItsOwnerIsNoReply() throws Exception {
    Running first = start(here);
    running(1);
    ahead.addAndGet(Duration.ofSeconds(36).toMillis());
    Running second = start(there);
    running(2);

    answers(0, "late");
    assertThat(first.status()).isEqualTo(StatusCode.DEADLINE_EXCEEDED);
    answers(1, "two");

    assertThat(second.text()).isEqualTo("two");
    assertThat(start(here).text()).isEqualTo("two");
    assertThat(counted("taken_over")).isEqualTo(1);
    assertThat(runs).hasSize(2);
  }

  // ---- memory

  @Test
  void requestsAndReply_areHeld_untilTheKeyIsSettled() throws Exception {
    Running leader = start(here);
    running(1);
    Running waiter = start(here);
    assertThat(here.held().held()).isEqualTo(200);

    answers(0, "one");

    assertThat(leader.text()).isEqualTo("one");
    assertThat(waiter.text()).isEqualTo("one");
    await().until(() -> here.held().held() == 0);
  }

  @Test
  void request_beyondWhatMayBeHeld_isRefusedBeforeAnythingIsDone() {
    requestBytes = HeldBytes.DEFAULT + 1;

    Running call = start(here);

    await().until(call.answer()::isComplete);
    assertThat(call.answer().cause())
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(Refused.Reason.OVERLOADED);
              assertThat(refused.withoutEffect()).isTrue();
            });
    assertThat(here.held().held()).isZero();
    assertThat(counted("claimed")).isZero();
  }

  // ---- time and leaving

  @Test
  @Acceptance("RPC-37")
  void lateReply_afterTheDeadline_isSavedForWhoeverWaits() throws Exception {
    Running first = start(here, Duration.ofSeconds(2), false);
    running(1);
    assertThat(first.status()).isEqualTo(StatusCode.DEADLINE_EXCEEDED);
    Running waiting = start(here);
    Running elsewhere = start(there);

    answers(0, "one");

    assertThat(waiting.text()).isEqualTo("one");
    assertThat(elsewhere.text()).isEqualTo("one");
    assertThat(runs).hasSize(1);
  }

  @Test
  void callerThatLeaves_beforeItHasTheKey_leavesItFree() throws Exception {
    Running gone = start(here, Duration.ofSeconds(30), true);
    assertThat(gone.status()).isEqualTo(StatusCode.CANCELLED);

    Running next = start(here);
    running(1);
    answers(0, "one");

    assertThat(next.text()).isEqualTo("one");
    assertThat(counted("released")).isEqualTo(1);
  }

  @Test
  void waiterThatLeaves_isNoLongerCounted() throws Exception {
    Running first = start(here);
    running(1);
    Running gone = start(here, Duration.ofSeconds(30), true);

    assertThat(gone.status()).isEqualTo(StatusCode.CANCELLED);
    await().until(() -> here.keys().waiting() == 0);
    answers(0, "one");
    assertThat(first.text()).isEqualTo("one");
    await().until(() -> here.keys().leading() == 0);
  }

  @Test
  void manyAtOnce_onBothSides_runOnce() throws Exception {
    List<Running> calls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      calls.add(start(i % 2 == 0 ? here : there));
    }
    running(1);
    answers(0, "one");

    for (Running call : calls) {
      assertThat(call.text()).isEqualTo("one");
    }
    assertThat(runs).hasSize(1);
    await().until(() -> here.keys().leading() + there.keys().leading() == 0);
    await().until(() -> here.keys().waiting() + there.keys().waiting() == 0);
  }

  // ---- permissions

  @Test
  @Acceptance("AP-19")
  void permissionThatGoes_whileACallWaits_isSeen() throws Exception {
    Running first = start(here);
    running(1);
    Running waiting = start(here);
    Running elsewhere = start(there);

    permitted.set(false);
    answers(0, "one");

    assertThat(first.text()).isEqualTo("one");
    assertThat(waiting.status()).isEqualTo(StatusCode.PERMISSION_DENIED);
    assertThat(elsewhere.status()).isEqualTo(StatusCode.PERMISSION_DENIED);
    assertThat(counted("replayed")).isZero();
  }
}
