package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.trestle.Acceptance;
import io.trestle.sdk.CallContext;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnaryCallTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static TestKernel.ServiceKey callee;
  private static TestKernel.ServiceKey caller;

  @BeforeAll
  static void services() {
    callee = TRESTLE.kernel().service("callee");
    caller = TRESTLE.kernel().service("caller");
  }

  private static ServiceBridge caller() {
    return TRESTLE.connect(
        caller, sdk -> sdk.service("callee", ServiceDeps.rpc("echo", "fail", "boom", "nobody")));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance({"RPC-1", "RPC-2", "RPC-3"})
  void echo_byEveryTransport_isAnswered(Transport transport) {
    TRESTLE.connect(callee, sdk -> sdk.rpc().handle("echo", (request, context) -> request));

    byte[] reply =
        caller()
            .rpc()
            .call("callee", "echo", bytes("hello"), CallOptions.DEFAULT.withTransport(transport));

    assertThat(reply).isEqualTo(bytes("hello"));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance({"RPC-4", "WI-48"})
  void context_byEveryTransport_namesCallerAndKey(Transport transport) {
    CompletableFuture<CallContext> seen = new CompletableFuture<>();
    TRESTLE.connect(
        callee,
        sdk ->
            sdk.rpc()
                .handle(
                    "echo",
                    (request, context) -> {
                      seen.complete(context);
                      return request;
                    }));

    caller()
        .rpc()
        .call(
            "callee",
            "echo",
            bytes("x"),
            CallOptions.DEFAULT.withTransport(transport).withIdempotencyKey("key-1"));

    assertThat(seen.join().caller().serviceId()).isEqualTo(caller.id());
    assertThat(seen.join().idempotencyKey()).isEqualTo("key-1");
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance({"RPC-6", "WI-49"})
  void deadline_byEveryTransport_isTheCallers_orHalfAMinute(Transport transport) {
    List<Duration> left = new CopyOnWriteArrayList<>();
    TRESTLE.connect(
        callee,
        sdk ->
            sdk.rpc()
                .handle(
                    "echo",
                    (request, context) -> {
                      left.add(context.remaining().orElseThrow());
                      return request;
                    }));
    ServiceBridge client = caller();
    CallOptions standard = CallOptions.DEFAULT.withTransport(transport);

    client.rpc().call("callee", "echo", bytes("x"), standard);
    client.rpc().call("callee", "echo", bytes("x"), standard.withTimeout(Duration.ofSeconds(4)));

    assertThat(left).hasSize(2);
    assertThat(left.get(0)).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(30));
    assertThat(left.get(1)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(4));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance({"RPC-8", "RPC-10", "WI-51"})
  void handler_failsWithBusinessError_callerSeesCodeAndHandlerRanOnce(Transport transport) {
    AtomicInteger runs = new AtomicInteger();
    TRESTLE.connect(
        callee,
        sdk ->
            sdk.rpc()
                .handle(
                    "fail",
                    (request, context) -> {
                      runs.incrementAndGet();
                      throw new HandlerException("CARD_DECLINED", "no funds");
                    }));
    ServiceBridge client = caller();

    HandlerException failure =
        catchThrowableOfType(
            HandlerException.class,
            () ->
                client
                    .rpc()
                    .call(
                        "callee",
                        "fail",
                        bytes("x"),
                        CallOptions.DEFAULT.withTransport(transport)));

    assertThat(failure.handlerCode()).isEqualTo("CARD_DECLINED");
    assertThat(failure).hasMessageContaining("no funds");
    assertThat(failure.retryable()).isFalse();
    assertThat(runs).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance({"RPC-9", "WI-51"})
  void handler_throwsAnything_callerSeesInternal(Transport transport) {
    TRESTLE.connect(
        callee,
        sdk ->
            sdk.rpc()
                .handle(
                    "boom",
                    (request, context) -> {
                      throw new IllegalStateException("secret detail");
                    }));
    ServiceBridge client = caller();

    HandlerException failure =
        catchThrowableOfType(
            HandlerException.class,
            () ->
                client
                    .rpc()
                    .call(
                        "callee",
                        "boom",
                        bytes("x"),
                        CallOptions.DEFAULT.withTransport(transport)));

    assertThat(failure.handlerCode()).isEqualTo("INTERNAL");
    assertThat(failure.retryable()).isFalse();
  }

  @Test
  @Acceptance({"RPC-5", "WI-52"})
  void declaredMethod_thatNobodyServes_failsWithNoLiveInstance() {
    ServiceBridge client = caller();

    NoLiveInstanceException failure =
        catchThrowableOfType(
            NoLiveInstanceException.class, () -> client.rpc().call("callee", "nobody", bytes("x")));

    assertThat(failure.retryable()).isTrue();
  }
}
