package io.trestle.sdk.internal.call;

import static io.trestle.sdk.internal.call.Calls.DIRECT;
import static io.trestle.sdk.internal.call.Calls.ONCE;
import static io.trestle.sdk.internal.call.Calls.bytes;
import static io.trestle.sdk.internal.call.Calls.call;
import static io.trestle.sdk.internal.call.Calls.code;
import static io.trestle.sdk.internal.call.Calls.echo;
import static io.trestle.sdk.internal.call.Calls.failure;
import static io.trestle.sdk.internal.call.Calls.fast;
import static io.trestle.sdk.internal.call.Calls.hold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.protocol.ErrorCode;
import io.trestle.protocol.v1.PolicyEvaluation;
import io.trestle.protocol.v1.PolicyRule;
import io.trestle.protocol.v1.PolicyViolation;
import io.trestle.protocol.v1.RegistryUpdate;
import io.trestle.sdk.AccessDeniedException;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.internal.call.TestFleet.Callee;
import io.trestle.sdk.internal.call.TestFleet.Client;
import io.trestle.sdk.internal.inbound.CallServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefusedCallTest {
  private final TestFleet fleet = new TestFleet();

  @AfterEach
  void close() throws Exception {
    fleet.close();
  }

  @Test
  @Acceptance({"RPC-5", "WI-52"})
  void call_ofMethodNobodyServes_isNoLiveInstance() {
    Throwable failure = failure(fleet.client(), "none", bytes(""), fast(3));

    assertThat(failure).isInstanceOf(NoLiveInstanceException.class);
    assertThat(code(failure).retryable()).isTrue();
  }

  /** The other one has the method and would answer a retry, for which the first is excluded. */
  @Test
  @Acceptance("RPC-32")
  void unknownMethod_isNotFound_withoutRetry() throws Exception {
    Callee without = fleet.callee().listen().ready();
    Client client = fleet.client().sees("echo", without, echo(fleet.callee()));

    for (int refused = 0; refused < 5; ) { // one call in two goes to the one without
      Throwable failure = failure(client, "echo", bytes("x"), fast(3));
      if (failure != null) {
        assertThat(code(failure)).isEqualTo(ErrorCode.NOT_FOUND);
        refused++;
      }
    }
  }

  @Test
  @Acceptance({"RPC-25", "WI-53"})
  void calleeWithoutPolicy_isNotReady_andProvenSo() throws Exception {
    Callee callee = fleet.callee();
    AtomicInteger runs = new AtomicInteger();
    callee.handlers.add("echo", (p, c) -> bytes("" + runs.incrementAndGet()));
    callee.listen();
    Client client = fleet.client().sees("echo", callee);

    CompletableFuture<byte[]> call =
        client.caller.call(
            TestFleet.SERVICE,
            "echo",
            bytes(""),
            DIRECT.withRetry(
                new RetryPolicy(100, Duration.ofMillis(20), 1, Duration.ofMillis(20), 0)));
    assertThat(failure(client, "echo", bytes(""), ONCE)).hasMessageContaining("not ready");
    callee.ready();

    assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(bytes("1"));
  }

  @Test
  @Acceptance("WI-53")
  void drainingCallee_refusesWithProof_andFinishesWhatRuns() throws Exception {
    Callee callee = fleet.callee();
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger running = new AtomicInteger();
    callee.handlers.add(
        "hold",
        (p, c) -> {
          running.incrementAndGet();
          release.await();
          return p;
        });
    Client client = fleet.client().sees("hold", callee.listen().ready());
    CompletableFuture<byte[]> first =
        client.caller.call(TestFleet.SERVICE, "hold", bytes("1"), DIRECT);
    await().until(() -> running.get() == 1);

    var drained = callee.server.drain();
    Throwable refused = failure(client, "hold", bytes("2"), ONCE);
    assertThat(refused).hasMessageContaining("draining");
    assertThat(code(refused).retryable()).isTrue();
    assertThat(drained.isComplete()).isFalse();
    release.countDown();

    assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo(bytes("1"));
    TestFleet.await(drained);
  }

  @Test
  @Acceptance({"RPC-24", "WI-53"})
  void callsBeyondLimitAndQueue_areRefusedAsOverloaded() throws Exception {
    Callee callee = fleet.callee(new CallServer.Limits(2, 1));
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger running = new AtomicInteger();
    callee.handlers.addAsync(
        "hold",
        (p, c) -> {
          running.incrementAndGet();
          return CompletableFuture.supplyAsync(() -> hold(release, p));
        });
    Client one = fleet.client().sees("hold", callee.listen().ready());
    Client other = fleet.client().sees("hold", callee);
    List<CompletableFuture<byte[]>> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      held.add(one.caller.call(TestFleet.SERVICE, "hold", bytes("x"), DIRECT));
    }
    await().until(() -> running.get() == 2);

    await()
        .until(
            () ->
                code(failure(other, "hold", bytes("y"), ONCE.withTimeout(Duration.ofSeconds(1))))
                    == ErrorCode.OVERLOADED);
    release.countDown();
    for (CompletableFuture<byte[]> call : held) {
      assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo(bytes("x"));
    }
  }

  @Test
  void callsOneAfterAnother_needOnePlaceOnly() throws Exception {
    Callee callee = echo(fleet.callee(new CallServer.Limits(1, 0)));
    callee.handlers.addAsync("up", (p, c) -> CompletableFuture.supplyAsync(() -> p));
    for (String method : List.of("echo", "up")) {
      Client client = fleet.client().sees(method, callee);
      for (int i = 0; i < 300; i++) {
        assertThat(call(client, method, bytes("x"), ONCE)).isEqualTo(bytes("x"));
      }
    }
  }

  @Test
  @Acceptance({"AP-6", "AP-16", "WI-58"})
  void callerOutsideAcceptance_isDenied_withItsServiceId() throws Exception {
    Callee callee = echo(fleet.callee());
    callee.ready(
        PolicyRule.newBuilder()
            .setAction("rpc.handle")
            .setPeerServiceId("another")
            .setTargetName("*")
            .build());
    String intruder = UUID.randomUUID().toString();
    Client client = fleet.client(fleet.service(intruder, "i-1")).sees("echo", callee);

    Throwable failure = failure(client, "echo", bytes(""), DIRECT);

    assertThat(failure)
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("acceptance denied")
        .hasMessageContaining(intruder);
    assertThat(client.events)
        .singleElement()
        .isInstanceOfSatisfying(
            BridgeEvent.PolicyViolation.class,
            violation -> {
              assertThat(violation.declaration()).isEqualTo("rpc.call");
              assertThat(violation.value()).isEqualTo("orders/echo");
              assertThat(violation.denySide()).isEqualTo("self_egress");
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"orders/echo", "orders/*"})
  void callerWithoutTheCapability_isDeniedHere_asItsWarningsSay(String warned) throws Exception {
    Callee callee = fleet.callee();
    AtomicInteger runs = new AtomicInteger();
    callee.handlers.add("echo", (p, c) -> bytes("" + runs.incrementAndGet()));
    Client client = fleet.client().sees("echo", callee.listen().ready());
    client.view.apply(warning("rpc.call", warned, "capability"));

    Throwable failure = failure(client, "echo", bytes(""), DIRECT);

    assertThat(failure)
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("access denied: capability: this service may not rpc.call");
    assertThat(client.events).hasSize(1);
    assertThat(runs).hasValue(0);
  }

  @Test
  void otherWarnings_refuseNothingHere() throws Exception {
    Client client = fleet.client().sees("echo", echo(fleet.callee()));
    client.view.apply(warning("rpc.call", "orders/echo", "peer_acceptance"));
    assertThat(call(client, "echo", bytes("a"), DIRECT)).isEqualTo(bytes("a"));
    client.view.apply(warning("workflow.run", "orders/echo", "capability"));
    assertThat(call(client, "echo", bytes("b"), DIRECT)).isEqualTo(bytes("b"));
    client.view.apply(warning("rpc.call", "orders/another", "capability"));
    assertThat(call(client, "echo", bytes("c"), DIRECT)).isEqualTo(bytes("c"));
  }

  private static RegistryUpdate warning(String declaration, String value, String side) {
    return RegistryUpdate.newBuilder()
        .setPolicy(
            PolicyEvaluation.newBuilder()
                .addWarnings(
                    PolicyViolation.newBuilder()
                        .setDeclaration(declaration)
                        .setValue(value)
                        .setDenySide(side)))
        .build();
  }

  @Test
  @Acceptance({"AP-17"})
  void runtimePeer_passesAcceptance_andSpeaksForTheCaller() throws Exception {
    Callee callee = fleet.callee();
    callee.handlers.add("who", (p, c) -> bytes(c.caller().toString()));
    callee
        .listen()
        .ready(
            PolicyRule.newBuilder()
                .setAction("rpc.handle")
                .setPeerServiceId("another")
                .setTargetName("*")
                .build());
    Client runtime = fleet.client(fleet.runtime()).sees("who", callee);

    assertThat(call(runtime, "who", bytes(""), DIRECT))
        .isEqualTo(bytes(new CallContext.Caller("runtime", "").toString()));
  }

  @Test
  @Acceptance({"WI-16", "RPC-34"})
  void certificateOfAnotherInstance_failsBeforeDispatch() throws Exception {
    Callee callee = fleet.callee();
    AtomicInteger runs = new AtomicInteger();
    callee.handlers.add("echo", (p, c) -> bytes("" + runs.incrementAndGet()));
    callee.listenAs(fleet.service(callee.serviceId, "another-instance")).ready();

    Throwable failure = failure(fleet.client().sees("echo", callee), "echo", bytes(""), ONCE);

    assertThat(code(failure)).isEqualTo(ErrorCode.CONNECTION);
    assertThat(failure).hasMessageContaining("another-instance");
    assertThat(runs).hasValue(0);
  }

  @Test
  void peerWithUnusableCertificate_isUnauthenticated() throws Exception {
    Callee callee = echo(fleet.callee());
    var nameless = fleet.leaf(fleet.certificates().leaf().dns("nobody").identity());
    Client client = fleet.client(nameless).sees("echo", callee);

    assertThat(failure(client, "echo", bytes(""), DIRECT))
        .isInstanceOf(AccessDeniedException.class);
  }
}
