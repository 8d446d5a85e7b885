package io.trestle.sdk.internal.call;

import static io.trestle.sdk.internal.call.Calls.ONCE;
import static io.trestle.sdk.internal.call.Calls.bytes;
import static io.trestle.sdk.internal.call.Calls.call;
import static io.trestle.sdk.internal.call.Calls.code;
import static io.trestle.sdk.internal.call.Calls.echo;
import static io.trestle.sdk.internal.call.Calls.failure;
import static io.trestle.sdk.internal.call.Calls.untilCancelled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ConnectionException;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.Transport;
import io.trestle.sdk.internal.breaker.BreakerState;
import io.trestle.sdk.internal.breaker.CircuitBreaker;
import io.trestle.sdk.internal.call.TestFleet.Callee;
import io.trestle.sdk.internal.call.TestFleet.Client;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Breakers in front of real servers. Their clock stands still unless a test moves it. */
@Timeout(60)
class BreakerCallTest {
  private final TestFleet fleet = new TestFleet();

  @AfterEach
  void close() throws Exception {
    fleet.close();
  }

  private static CircuitBreaker breaker(Client client, String method, Callee callee) {
    return client.view.routes().find(TestFleet.SERVICE, method).stream()
        .filter(route -> route.instanceId().equals(callee.instanceId))
        .findFirst()
        .orElseThrow()
        .breaker();
  }

  private static int failures(Client client, int calls) {
    int failed = 0;
    for (int i = 0; i < calls; i++) {
      failed += failure(client, "echo", bytes("x"), ONCE) == null ? 0 : 1;
    }
    return failed;
  }

  /** It listens, and refuses everything because it has no policy yet. */
  private Callee unready() throws Exception {
    Callee callee = fleet.callee();
    callee.handlers.add("echo", (payload, context) -> payload);
    return callee.listen();
  }

  private static void pass(Client client, long seconds) {
    client.ticks.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Test
  @Acceptance("RPC-26")
  void failingInstance_isSkippedForThirtySeconds_thenOneCallDecides() throws Exception {
    Callee sick = unready();
    Client client = fleet.client().sees("echo", sick, echo(fleet.callee()));
    CircuitBreaker breaker = breaker(client, "echo", sick);

    int failed = 0;
    for (int i = 0; i < 1_000 && breaker.state() == BreakerState.CLOSED; i++) {
      failed += failures(client, 1);
    }
    assertThat(failed).isEqualTo(10);
    assertThat(failures(client, 40)).isZero();
    pass(client, 29);
    assertThat(failures(client, 40)).isZero();

    pass(client, 1);
    assertThat(failures(client, 40)).as("one call tries it").isOne();
    pass(client, 30);
    sick.ready();
    assertThat(failures(client, 40)).isZero();
    assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  @Acceptance("RPC-27")
  void errorsOfHandlers_leaveTheBreakerClosed() throws Exception {
    Callee callee = fleet.callee();
    AtomicInteger runs = new AtomicInteger();
    callee.handlers.add(
        "fail",
        (payload, context) -> {
          if (runs.incrementAndGet() % 2 == 0) {
            throw new HandlerException("OUT_OF_STOCK", "none left");
          }
          throw new IllegalStateException("a bug");
        });
    Client client = fleet.client().sees("fail", callee.listen().ready());

    for (int i = 0; i < 30; i++) {
      assertThat(failure(client, "fail", bytes("x"), ONCE)).isInstanceOf(HandlerException.class);
    }
    assertThat(runs).hasValue(30);
    assertThat(breaker(client, "fail", callee).state()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void refusalsThatAreAnswers_leaveTheBreakerClosed() throws Exception {
    Callee callee = echo(fleet.callee());
    Client client = fleet.client().sees("unknown", callee);
    for (int i = 0; i < 15; i++) {
      assertThat(code(failure(client, "unknown", bytes("x"), ONCE))).isEqualTo(ErrorCode.NOT_FOUND);
    }
    client.sees("echo", callee.ready(rule("rpc.handle", "nobody")));
    for (int i = 0; i < 15; i++) {
      assertThat(failure(client, "echo", bytes("x"), ONCE))
          .isInstanceOf(AccessDeniedException.class);
    }
    assertThat(breaker(client, "echo", callee).state()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void lastInstance_isSkippedToo_andTheCallerIsToldWhy() throws Exception {
    Client client = fleet.client().sees("echo", unready());
    assertThat(failures(client, 10)).isEqualTo(10);

    assertThat(failure(client, "echo", bytes("x"), ONCE))
        .isInstanceOf(NoLiveInstanceException.class)
        .hasMessageContaining("circuits are open");
  }

  @Test
  void breaker_outlivesNewViews_andEndsWithItsInstance() throws Exception {
    Callee sick = unready();
    Client client = fleet.client().sees("echo", sick);
    failures(client, 10);

    client.sees("other", sick).sees("echo", sick);
    assertThat(breaker(client, "echo", sick).state()).isEqualTo(BreakerState.OPEN);

    client.sees("echo").sees("echo", sick);
    assertThat(breaker(client, "echo", sick).state()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void unreachableInstance_counts_andTheLastCallStillFallsBackToTheProxy() throws Exception {
    Callee gone = fleet.callee();
    gone.port = 1; // nobody listens there
    Client client = fleet.client().sees("echo", gone);
    CallOptions auto =
        CallOptions.DEFAULT.withRetry(
            new RetryPolicy(2, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0));

    for (int i = 0; i < 10; i++) {
      assertThat(failure(client, "echo", bytes("x"), auto))
          .isInstanceOf(ConnectionException.class)
          .hasMessageContaining("via runtime");
    }
    assertThat(breaker(client, "echo", gone).state()).isEqualTo(BreakerState.OPEN);
    assertThat(failure(client, "echo", bytes("x"), ONCE.withTransport(Transport.PROXY)))
        .isInstanceOf(ConnectionException.class);
  }

  @Test
  void timeouts_count() throws Exception {
    Callee callee = fleet.callee();
    callee.handlers.addAsync("never", (payload, context) -> untilCancelled(context));
    Client client = fleet.client().sees("never", callee.listen().ready());
    for (int i = 0; i < 10; i++) {
      assertThat(
              code(failure(client, "never", bytes("x"), ONCE.withTimeout(Duration.ofMillis(30)))))
          .isIn(ErrorCode.TIMEOUT, ErrorCode.CONNECTION);
    }
    assertThat(breaker(client, "never", callee).state()).isEqualTo(BreakerState.OPEN);
  }

  @Test
  void abandonedTrial_leavesItsPlaceToTheNextCall() throws Exception {
    Callee callee = unready();
    callee.handlers.addAsync("never", (payload, context) -> untilCancelled(context));
    Client client = fleet.client().sees("echo", callee);
    failures(client, 10);
    callee.ready();
    client.sees("never", callee);
    pass(client, 30);

    CompletableFuture<byte[]> trial =
        client.caller.call(TestFleet.SERVICE, "never", bytes("x"), ONCE);
    client.sees("echo", callee);
    assertThat(failure(client, "echo", bytes("x"), ONCE))
        .isInstanceOf(NoLiveInstanceException.class);
    trial.cancel(true);

    CircuitBreaker breaker = breaker(client, "echo", callee);
    await().until(() -> breaker.state() == BreakerState.HALF_OPEN);
    assertThat(call(client, "echo", bytes("y"), ONCE)).isEqualTo(bytes("y"));
    assertThat(breaker.state()).isEqualTo(BreakerState.CLOSED);
  }

  @Test
  void trialThatTheOwnPolicyForbids_leavesItsPlaceToTheNextCall() throws Exception {
    Callee callee = unready();
    Client client = fleet.client().sees("echo", callee);
    failures(client, 10);
    callee.ready();
    pass(client, 30);
    client.view.apply(
        RegistryUpdate.newBuilder()
            .setPolicy(PolicyEvaluation.newBuilder().addEgress(rule("rpc.call", "nobody")))
            .build());
    assertThat(failure(client, "echo", bytes("x"), ONCE)).isInstanceOf(AccessDeniedException.class);

    client.sees("echo", callee);
    assertThat(call(client, "echo", bytes("y"), ONCE)).isEqualTo(bytes("y"));
  }

  @Test
  void streams_countOnce_atTheirEnd() throws Exception {
    Callee callee = fleet.callee();
    callee.handlers.addStream(
        "fail",
        (payload, context, out) -> {
          out.send(payload);
          throw new HandlerException("NO_MORE", "no more");
        });
    callee.handlers.addStream("slow", (payload, context, out) -> Thread.currentThread().join());
    Client client = fleet.client().sees("fail", callee.listen().ready());
    for (int i = 0; i < 15; i++) {
      assertThat(catchThrowable(() -> stream(client, "fail"))).isInstanceOf(HandlerException.class);
    }
    assertThat(breaker(client, "fail", callee).state()).isEqualTo(BreakerState.CLOSED);

    pass(client, 10);
    client.sees("slow", callee);
    for (int i = 0; i < 10; i++) {
      ErrorCode code = code(catchThrowable(() -> stream(client, "slow")));
      assertThat(code).isIn(ErrorCode.TIMEOUT, ErrorCode.CONNECTION);
    }
    assertThat(breaker(client, "slow", callee).state()).isEqualTo(BreakerState.OPEN);
    assertThat(catchThrowable(() -> stream(client, "slow")))
        .isInstanceOf(NoLiveInstanceException.class);
  }

  /** Reads a stream to its end. */
  private static void stream(Client client, String method) {
    CallOptions options = ONCE.withTimeout(Duration.ofMillis(method.equals("slow") ? 50 : 15_000));
    try (var stream = client.caller.stream(TestFleet.SERVICE, method, "", bytes("x"), options)) {
      stream.forEachRemaining(chunk -> {});
    }
  }

  private static PolicyRule rule(String action, String peer) {
    return PolicyRule.newBuilder()
        .setAction(action)
        .setPeerServiceId(peer)
        .setTargetName("*")
        .build();
  }
}
