package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The kernel stops while a proxied call is running. */
class DrainTest {
  @Test
  @Acceptance({"FL-9", "WI-31"})
  void runningCall_endsNormally_sessionsHearDrain() {
    try (TestKernel kernel = TestKernel.start()) {
      CountDownLatch release = new CountDownLatch(1);
      CompletableFuture<Void> running = new CompletableFuture<>();
      try (ServiceBridge server = kernel.client(kernel.service("served")).build();
          ServiceBridge caller = kernel.client(kernel.service("using")).build()) {
        server
            .rpc()
            .handle(
                "wait",
                (request, context) -> {
                  running.complete(null);
                  release.await();
                  return request;
                });
        server.start();
        caller.service("served", ServiceDeps.rpc("wait"));
        List<BridgeEvent> events = new CopyOnWriteArrayList<>();
        caller.listen(events::add);
        caller.start();
        CompletableFuture<byte[]> call =
            caller
                .rpc()
                .callAsync(
                    "served",
                    "wait",
                    new byte[] {9},
                    CallOptions.DEFAULT.withTransport(Transport.PROXY));
        running.join();

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(kernel::stop);
        await()
            .untilAsserted(
                () -> assertThat(events).anyMatch(e -> e instanceof BridgeEvent.Draining));
        assertThat(call).as("the running call is waited for").isNotDone();
        assertThat(stopped).isNotDone();
        release.countDown();

        assertThat(call.join()).isEqualTo(new byte[] {9});
        stopped.join();
      }
    }
  }
}
