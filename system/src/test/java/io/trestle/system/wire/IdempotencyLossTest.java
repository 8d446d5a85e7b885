package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.CallResponse;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.InvokeResponse;
import io.trestle.system.Switch;
import io.trestle.system.wire.WireCallee.Received;
import io.trestle.system.wire.WireCallee.Reply;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Idempotency keys while the database is away, and over the end of a kernel. */
class IdempotencyLossTest {
  private static final Duration PATIENT = Duration.ofSeconds(35);

  @RegisterExtension final WireExtension wire = new WireExtension(this::kernel);

  private final AtomicInteger runs = new AtomicInteger();
  private final CountDownLatch go = new CountDownLatch(1);
  private TestKernel kernel;
  private ServiceKey target;
  private ServiceKey calling;
  private Switch line;

  private TestKernel kernel() {
    return kernel;
  }

  @BeforeEach
  void start() {
    String direct = TestKernel.newDatabase();
    int port = URI.create(direct).getPort();
    line = new Switch(port);
    kernel =
        TestKernel.onDatabase(direct.replace(":" + port + "/", ":" + line.port() + "/"), o -> o);
    kernel.with("grpc.shutdown_timeout_ms", "100").run();
    target = wire.service();
    calling = wire.service();
  }

  @AfterEach
  void stop() {
    go.countDown();
    kernel.close();
    line.close();
  }

  /** The first run ends when the test lets it. */
  private Reply pay(Received call) {
    int run = runs.incrementAndGet();
    if (run == 1) {
      try {
        go.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return Reply.of(
        CallResponse.newBuilder().setPayload(ByteString.copyFromUtf8("run " + run)).build());
  }

  private void serve() {
    wire.callee(target, "pay", Declare.HASH, this::pay);
  }

  private WireInstance caller() {
    return wire.caller(calling, target.name(), "pay");
  }

  private InvokeRequest.Builder request(String key) {
    return WireInstance.invocation(target.id(), "pay").setIdempotencyKey(key);
  }

  private Ended<InvokeResponse> invoke(WireInstance caller, String key) {
    return caller.client().unary(Methods.INVOKE_UNARY, request(key).build(), PATIENT);
  }

  private static String text(Ended<InvokeResponse> ended) {
    return ended.ok().getPayload().toStringUtf8();
  }

  /** From then on a call with a key is refused. */
  private void loseTheDatabase(WireInstance caller) {
    line.off();
    await().until(() -> invoke(caller, "probe").code() == Status.Code.UNAVAILABLE);
  }

  @Test
  void callWithAKey_withoutDatabase_isRefusedUntouched_andWorksAfterwards() {
    go.countDown();
    serve();
    WireInstance caller = caller();
    loseTheDatabase(caller);
    int before = runs.get();

    var refused = invoke(caller, "k");
    var plain = invoke(caller, "");

    assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refused.notDispatched()).isTrue();
    assertThat(text(plain)).as("without a key it needs none").isEqualTo("run " + (before + 1));
    line.on();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> invoke(caller, "k").code() == Status.Code.OK);
    assertThat(text(invoke(caller, "k"))).isEqualTo("run " + (before + 2));
  }

  @Test
  void databaseLost_whileTheHandlerRuns_outcomeIsUnknown_andTheKeyStillHasTheReply() {
    serve();
    WireInstance caller = caller();
    var running = caller.client().open(Methods.INVOKE_UNARY, request("k").build());
    await().until(() -> runs.get() == 1);
    loseTheDatabase(caller);
    int before = runs.get();

    go.countDown();

    assertThat(running.ended().code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(running.ended().notDispatched()).as("it ran").isFalse();
    var again = caller.client().open(Methods.INVOKE_UNARY, request("k").build());
    line.on();
    assertThat(text(again.ended())).isEqualTo("run 1");
    assertThat(runs).hasValue(before);
  }

  @Test
  void reply_survivesTheKernel() {
    go.countDown();
    serve();
    assertThat(text(invoke(caller(), "k"))).isEqualTo("run 1");

    kernel.stop();
    kernel.run();

    assertThat(text(invoke(caller(), "k"))).isEqualTo("run 1");
    assertThat(runs).hasValue(1);
  }

  @Test
  void kernelThatEnds_betweenClaimAndSave_leavesTheKeyToTheLease() {
    serve();
    caller().client().open(Methods.INVOKE_UNARY, request("k").build());
    await().until(() -> runs.get() == 1);
    kernel.stop();
    kernel.run();
    serve();
    WireInstance caller = caller();

    var waiting =
        caller.client().unary(Methods.INVOKE_UNARY, request("k").build(), Duration.ofMillis(500));
    assertThat(waiting.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(runs).hasValue(1);
    kernel.sql().update("UPDATE rpc_idempotency SET valid_until = now() WHERE state = 'claimed'");

    assertThat(text(invoke(caller, "k"))).isEqualTo("run 2");
    assertThat(text(invoke(caller, "k"))).isEqualTo("run 2");
  }
}
