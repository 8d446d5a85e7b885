package io.trestle.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An instance that takes no more, beside one that does; our SDK at both ends. */
class BusyCalleeTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private final CountDownLatch release = new CountDownLatch(1);
  private final CompletableFuture<Void> holding = new CompletableFuture<>();

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance("RPC-22")
  void overloadedCallee_refusesWithTheTrailer_soThatAnotherIsTried(Transport transport) {
    String name = "busy-" + transport.name().toLowerCase(java.util.Locale.ROOT);
    TestKernel.ServiceKey key = TRESTLE.kernel().service(name);
    connect(key, "full");
    ServiceBridge caller =
        TRESTLE.connect(
            TRESTLE.kernel().service("caller-of-" + name),
            sdk -> sdk.service(name, ServiceDeps.rpc("work")));
    CallOptions options = CallOptions.timeoutOf(Duration.ofSeconds(10)).withTransport(transport);
    CompletableFuture<byte[]> held = caller.rpc().callAsync(name, "work", bytes("hold"), options);
    holding.join();

    connect(key, "free");
    await()
        .until(
            () ->
                caller.serviceMap().service(name).stream()
                        .mapToLong(service -> service.instances().size())
                        .sum()
                    == 2);

    for (int i = 0; i < 20; i++) {
      assertThat(caller.rpc().call(name, "work", bytes("quick"), options)).isEqualTo(bytes("free"));
    }
    release.countDown();
    assertThat(held.join()).isEqualTo(bytes("full"));
  }

  private void connect(TestKernel.ServiceKey key, String answer) {
    TRESTLE.connect(
        key,
        builder -> builder.inboundLimits(1, 0),
        sdk ->
            sdk.rpc()
                .handle(
                    "work",
                    (request, context) -> {
                      if (new String(request, UTF_8).equals("hold")) {
                        holding.complete(null);
                        release.await(30, TimeUnit.SECONDS);
                      }
                      return bytes(answer);
                    }));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
