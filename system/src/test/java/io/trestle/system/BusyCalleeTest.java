package io.trestle.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An instance that takes no more, beside one that does; our SDK at both ends.
 *
 * <p>Somebody else keeps it busy, and directly: who is watched, and the runtime when it chooses,
 * have no call under way to either and cannot know which one is full. Each attempt then falls on
 * the full one as often as on the other: twenty calls that never meet it are one case in a million.
 */
class BusyCalleeTest {
  private static final CallOptions PATIENT =
      CallOptions.timeoutOf(Duration.ofSeconds(30))
          .withRetry(new RetryPolicy(2, Duration.ofMillis(1), 1, Duration.ofMillis(1), 0));

  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private final CountDownLatch release = new CountDownLatch(1);
  private final CompletableFuture<Void> holding = new CompletableFuture<>();

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance("RPC-22")
  void overloadedCallee_refusesWithTheTrailer_soThatAnotherIsTried(Transport transport) {
    String name = "busy-" + transport.name().toLowerCase(Locale.ROOT);
    TestKernel.ServiceKey key = TRESTLE.kernel().service(name);
    serve(key, "full");
    ServiceBridge other = caller("other-caller-of-" + name, name);
    CompletableFuture<byte[]> held =
        other.rpc().callAsync(name, "work", bytes("hold"), PATIENT.withTransport(Transport.DIRECT));
    holding.join();
    serve(key, "free");
    ServiceBridge caller = caller("caller-of-" + name, name);
    await().until(() -> instances(caller, name) == 2);

    CallOptions options = PATIENT.withTransport(transport);
    for (int i = 0; i < 20; i++) {
      assertThat(caller.rpc().call(name, "work", bytes("quick"), options)).isEqualTo(bytes("free"));
    }
    assertThat(held).as("full all the while").isNotDone();
    release.countDown();
    assertThat(held.join()).isEqualTo(bytes("full"));
  }

  private static ServiceBridge caller(String name, String callee) {
    return TRESTLE.connect(
        TRESTLE.kernel().service(name), sdk -> sdk.service(callee, ServiceDeps.rpc("work")));
  }

  private static long instances(ServiceBridge caller, String name) {
    return caller.serviceMap().service(name).stream()
        .mapToLong(service -> service.instances().size())
        .sum();
  }

  private void serve(TestKernel.ServiceKey key, String answer) {
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
