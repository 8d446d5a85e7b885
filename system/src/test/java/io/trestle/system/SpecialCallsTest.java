package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.CallTimeoutException;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Calls in special situations: no endpoint, timeouts, cancellation, a drain with a call running.
 */
class SpecialCallsTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static ServiceBridge using(String service, String method) {
    return TRESTLE.connect(
        TRESTLE.kernel().service("using-" + service),
        sdk -> sdk.service(service, ServiceDeps.rpc(method)));
  }

  @Test
  @Acceptance({"RPC-7", "WI-50"})
  void slowHandler_throughTheProxy_isATimeoutThatIsNotRetryable() {
    CountDownLatch never = new CountDownLatch(1);
    TRESTLE.connect(
        TRESTLE.kernel().service("slow"),
        sdk ->
            sdk.rpc()
                .handle(
                    "wait",
                    (request, context) -> {
                      never.await();
                      return request;
                    }));
    ServiceBridge caller = using("slow", "wait");

    CallTimeoutException failure =
        Assertions.catchThrowableOfType(
            CallTimeoutException.class,
            () ->
                caller
                    .rpc()
                    .call(
                        "slow",
                        "wait",
                        new byte[0],
                        CallOptions.timeoutOf(Duration.ofMillis(300))
                            .withTransport(Transport.PROXY)));

    assertThat(failure.retryable()).isFalse();
    never.countDown();
  }

  @Test
  @Acceptance("RPC-35")
  void cancelledCall_throughTheProxy_reachesTheHandler() {
    AtomicBoolean cancelled = new AtomicBoolean();
    CompletableFuture<Void> running = new CompletableFuture<>();
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    TRESTLE.connect(
        TRESTLE.kernel().service("patient"),
        sdk ->
            sdk.rpc()
                .handleAsync(
                    "wait",
                    (request, context) -> {
                      context.onCancel(() -> cancelled.set(true));
                      running.complete(null);
                      return answer;
                    }));
    ServiceBridge caller = using("patient", "wait");

    CompletableFuture<byte[]> call =
        caller
            .rpc()
            .callAsync(
                "patient", "wait", new byte[0], CallOptions.DEFAULT.withTransport(Transport.PROXY));
    running.join();
    call.cancel(true);

    await().untilTrue(cancelled);
    answer.cancel(false); // a client that stops waits for its running calls
  }

  @Test
  @Acceptance("RPC-12")
  void calleeWithoutEndpoint_calledDirectly_namesTheMissingEndpoint() {
    TestKernel.ServiceKey key = TRESTLE.kernel().service("leaving");
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<Void> running = new CompletableFuture<>();
    ServiceBridge server =
        TRESTLE.connect(
            key,
            sdk ->
                sdk.rpc()
                    .handle(
                        "wait",
                        (request, context) -> {
                          running.complete(null);
                          release.await();
                          return request;
                        }));
    ServiceBridge caller = using("leaving", "wait");
    CompletableFuture<byte[]> first = caller.rpc().callAsync("leaving", "wait", new byte[] {1});
    running.join();
    CompletableFuture<Void> stopped = server.stopAsync(); // waits for the running call

    await()
        .untilAsserted(
            () ->
                Assertions.assertThatExceptionOfType(NoLiveInstanceException.class)
                    .isThrownBy(
                        () ->
                            caller
                                .rpc()
                                .call(
                                    "leaving",
                                    "wait",
                                    new byte[0],
                                    CallOptions.timeoutOf(Duration.ofMillis(500))
                                        .withTransport(Transport.DIRECT)))
                    .withMessageContaining("endpoint"));
    release.countDown();
    assertThat(first.join()).isEqualTo(new byte[] {1});
    stopped.join();
  }
}
