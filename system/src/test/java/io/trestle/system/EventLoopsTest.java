package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.kernel.Module;
import io.trestle.kernel.ModuleContext;
import io.trestle.kernel.TrestleOptions;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Nothing of ours holds an event loop for longer than 100 ms, and whatever does is told. The watch
 * measures time, and on a busy machine time goes by for everybody; so the rule is judged by code
 * that does the same several times over: what blocks, blocks every time in the same place, and one
 * time without is proof enough. Work that is spread over many methods of ours would escape. Alone
 * in its JVM: what other classes hold would count too.
 */
@Isolated
class EventLoopsTest {
  private static final int ROUNDS = 6;
  private static final int INSTANCES = 4;
  private static final int CALLS = 50;
  private static final Duration RENEWAL = Duration.ofMillis(100);
  private static final CallOptions PATIENT = CallOptions.timeoutOf(Duration.ofSeconds(30));
  private static final List<Vertx> VERTX = Collections.synchronizedList(new ArrayList<>());

  @RegisterExtension
  static final TrestleExtension TRESTLE = new TrestleExtension(EventLoopsTest::spied);

  private final Held held = new Held();

  private static TrestleOptions spied(TrestleOptions options) {
    return options.withModules(
        options.modules().stream()
            .<Module>map(module -> SpiedModule.seen(module, EventLoopsTest::entered))
            .toList());
  }

  private static void entered(ModuleContext house) {
    VERTX.add(house.vertx());
  }

  @AfterEach
  void close() {
    held.close();
  }

  @Test
  @Acceptance("FL-33")
  void loopOfTheKernel_heldUp_isCountedAndToldWithItsStack() {
    double before = heldInKernel();
    CountDownLatch released = new CountDownLatch(1);
    VERTX.get(0).runOnContext(v -> hold(released));

    await().until(() -> heldInKernel() > before);
    released.countDown();

    await().until(() -> held.byKernel().stream().anyMatch(EventLoopsTest::isHold));
    assertThat(TRESTLE.kernel().trestle().meters().get("trestle.loops.held.longest").timeGauge())
        .satisfies(gauge -> assertThat(gauge.value(TimeUnit.MILLISECONDS)).isGreaterThan(99));
  }

  @Test
  @Acceptance("FL-33")
  void loopOfTheSdk_heldUpByAHandler_isToldWithItsStack() {
    CountDownLatch released = new CountDownLatch(1);
    CompletableFuture<byte[]> answer = CompletableFuture.completedFuture(new byte[0]);
    TRESTLE.connect(
        TRESTLE.kernel().service("slow"),
        sdk ->
            sdk.rpc()
                .handleAsync(
                    "wait",
                    (request, context) -> {
                      hold(released);
                      return answer;
                    }));
    ServiceBridge caller =
        TRESTLE.connect(
            TRESTLE.kernel().service("waiting"),
            sdk -> sdk.service("slow", ServiceDeps.rpc("wait")));
    CompletableFuture<byte[]> call =
        caller
            .rpc()
            .callAsync("slow", "wait", new byte[0], PATIENT.withTransport(Transport.DIRECT));

    await().until(() -> held.bySdk().stream().anyMatch(EventLoopsTest::isHold));
    released.countDown();
    call.join();
  }

  @Test
  @Acceptance("FL-33")
  void fleetAtWork_holdsNoLoop() {
    work(TRESTLE.kernel(), "round-1");
    Set<String> places = held.places();
    for (int round = 2; round <= ROUNDS && !places.isEmpty(); round++) {
      held.forget();
      work(TRESTLE.kernel(), "round-" + round);
      places.retainAll(held.places());
    }
    assertThat(places).as("held a loop in each of %s rounds", ROUNDS).isEmpty();
  }

  /** What a kernel and its instances do all day: come, call, renew, change, and go. */
  private static void work(TestKernel kernel, String name) {
    ServiceKey served = kernel.service(name);
    ServiceKey using = kernel.service("user-of-" + name);
    List<ServiceBridge> fleet = new ArrayList<>();
    try {
      for (int i = 0; i < INSTANCES; i++) {
        fleet.add(instance(kernel, served, "user-of-" + name));
        fleet.add(instance(kernel, using, name));
      }
      CompletableFuture.allOf(
              fleet.stream().map(ServiceBridge::startAsync).toArray(CompletableFuture[]::new))
          .join();
      for (Transport transport : Transport.values()) {
        call(fleet, name, transport);
      }
      kernel.admin().ok("SettingsService/UpdateSettings", setting());
      String gone = fleet.get(0).identity().orElseThrow().instanceId();
      kernel.admin().ok("RegistryService/RevokeInstance", new JsonObject().put("instanceId", gone));
      kernel.admin().revokeService(served.id());
      await().until(() -> fleet.get(2).identity().isEmpty());
    } finally {
      CompletableFuture.allOf(
              fleet.stream().map(ServiceBridge::stopAsync).toArray(CompletableFuture[]::new))
          .join();
    }
  }

  private static JsonObject setting() {
    return new JsonObject().put("key", "jobs.max_per_service").put("value", "101");
  }

  private static ServiceBridge instance(TestKernel kernel, ServiceKey key, String uses) {
    ServiceBridge bridge =
        kernel.client(key).renewal(Duration.ofHours(2), Duration.ZERO, RENEWAL, RENEWAL).build();
    bridge.service(uses, ServiceDeps.rpc("echo"));
    bridge.rpc().handle("echo", (request, context) -> request);
    return bridge;
  }

  private static void call(List<ServiceBridge> fleet, String service, Transport transport) {
    CallOptions options = PATIENT.withTransport(transport);
    List<CompletableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 1; i < fleet.size(); i += 2) {
      for (int call = 0; call < CALLS; call++) {
        calls.add(fleet.get(i).rpc().callAsync(service, "echo", new byte[1_000], options));
      }
    }
    calls.forEach(CompletableFuture::join);
  }

  private static boolean isHold(Held.Told told) {
    return told.message().contains("eventloop") && told.isAt(EventLoopsTest.class, "hold");
  }

  private static void hold(CountDownLatch released) {
    try {
      released.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static double heldInKernel() {
    return TRESTLE.kernel().trestle().meters().get("trestle.loops.held").counter().count();
  }
}
