package io.trestle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeBuilder;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.ServiceMap;
import io.trestle.sdk.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of a kernel whose instances live on. */
class KernelCrashTest {
  private static final int CROWD = 50;

  /**
   * From when the kernel is back: less than the longest pause of the ladder, which is 60 s. The
   * rule gives the kernel 15 s and everybody 40 s from the kill; how long it took is printed.
   */
  private static final Duration RECONNECTED = Duration.ofSeconds(45);

  private static final CallOptions DIRECT =
      CallOptions.timeoutOf(Duration.ofSeconds(10)).withTransport(Transport.DIRECT);

  @TempDir Path state;

  private final TestDatabase database = TestDatabase.migrated();
  private final List<ServiceBridge> bridges = new ArrayList<>();

  @AfterEach
  void stop() {
    CompletableFuture.allOf(
            bridges.stream().map(ServiceBridge::stopAsync).toArray(CompletableFuture[]::new))
        .join();
  }

  private ServiceBridge start(ServiceBridgeBuilder builder, String uses) {
    ServiceBridge bridge = builder.advertise("127.0.0.1", 0).build();
    bridges.add(bridge);
    bridge.rpc().handle("echo", (request, context) -> request);
    bridge.service(uses, ServiceDeps.rpc("echo"));
    bridge.start();
    return bridge;
  }

  private static boolean callsAll(List<ServiceBridge> bridges) {
    List<CompletableFuture<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < bridges.size(); i++) {
      calls.add(bridges.get(i).rpc().callAsync(service(i + 1), "echo", new byte[] {7}, DIRECT));
    }
    return calls.stream().allMatch(call -> call.join()[0] == 7);
  }

  private static List<BridgeIdentity> identities(List<ServiceBridge> bridges) {
    return bridges.stream().flatMap(b -> b.identity().stream()).toList();
  }

  /** What stays over a reconnect. */
  private static List<String> leaves(List<BridgeIdentity> identities) {
    return identities.stream().map(id -> id.serviceId() + "/" + id.instanceId()).toList();
  }

  private static List<String> sessions(List<BridgeIdentity> identities) {
    return identities.stream().map(BridgeIdentity::sessionId).toList();
  }

  private static double secondsSince(long beganNanos) {
    return (System.nanoTime() - beganNanos) / 1e9;
  }

  /** Calls of Provision that a kernel has answered, well or not. */
  private static long provisions(KernelProcess kernel) {
    return kernel.err().lines().filter(line -> line.contains(" Provisioning provision ")).count();
  }

  @Test
  @Acceptance({"RPC-2", "WI-33"})
  void crowd_whoseKernelIsKilled_callsOnAndComesBackWithItsCachedLeaves() {
    int port;
    List<String> keys;
    List<BridgeIdentity> before;
    long killed;
    try (KernelProcess first = KernelProcess.serve(state, database.url()).awaitReady()) {
      port = first.grpcPort();
      keys = List.of(first.createService(service(0)), first.createService(service(1)));
      gather(first, keys);
      before = identities(bridges);
      killed = System.nanoTime();
      first.kill();
    }
    for (int round = 0; round < 5; round++) {
      assertThat(callsAll(bridges)).as("without a kernel").isTrue();
    }

    try (KernelProcess second = KernelProcess.serveTalkative(state, database.url(), port)) {
      second.awaitReady();
      double back = secondsSince(killed);
      await().atMost(RECONNECTED).until(() -> allAnew(identities(bridges), sessions(before)));
      System.out.printf(
          "after the kill: kernel back %.1f s, crowd of %d %.1f s%n",
          back, CROWD, secondsSince(killed));
      assertThat(leaves(identities(bridges)))
          .isEqualTo(leaves(before))
          .doesNotHaveDuplicates()
          .hasSize(CROWD);
      assertThat(callsAll(bridges)).isTrue();
      // Lines keep their order: when that of a newcomer has come, so has every one before it.
      start(ServiceBridge.builder(second.grpc(), keys.get(0)), service(1));
      await().until(() -> provisions(second) > 0);
      assertThat(provisions(second)).as("the newcomer's alone").isEqualTo(1);
      assertThat(second.isAlive()).isTrue();
    }
  }

  /** Starts the crowd, and waits until each has called one of the other half. */
  private void gather(KernelProcess kernel, List<String> keys) {
    for (int i = 0; i < CROWD; i++) {
      start(ServiceBridge.builder(kernel.grpc(), keys.get(i % 2)), service(i + 1));
    }
    await().until(() -> seesAllOf(0, service(1)) && seesAllOf(1, service(0)));
    assertThat(callsAll(bridges)).isTrue();
  }

  private static boolean allAnew(List<BridgeIdentity> now, List<String> oldSessions) {
    return now.size() == CROWD && sessions(now).stream().noneMatch(oldSessions::contains);
  }

  @Test
  @Acceptance("WI-35")
  void instance_thatHasNotComeBackAfterAKill_isOfferedToNobody() {
    int port;
    String watching;
    try (KernelProcess first = KernelProcess.serve(state, database.url()).awaitReady()) {
      port = first.grpcPort();
      watching = first.createService("watching");
      ServiceBridgeBuilder late =
          ServiceBridge.builder(first.grpc(), first.createService("late"))
              .reconnectInterval(Duration.ofHours(1));
      start(late, "watching");
      ServiceBridge seeing = start(ServiceBridge.builder(first.grpc(), watching), "late");
      assertThat(endpoints(seeing, "late")).as("offered before").hasSize(1);
      seeing.stop();
      first.kill();
    }

    try (KernelProcess second =
        KernelProcess.serveTalkative(state, database.url(), port).awaitReady()) {
      ServiceBridge watcher = start(ServiceBridge.builder(second.grpc(), watching), "late");

      assertThat(endpoints(watcher, "late")).isEmpty();
      for (Transport transport : Transport.values()) {
        CallOptions options =
            CallOptions.timeoutOf(Duration.ofMillis(500)).withTransport(transport);
        assertThatExceptionOfType(NoLiveInstanceException.class)
            .isThrownBy(() -> watcher.rpc().call("late", "echo", new byte[0], options));
      }
    }
  }

  @Test
  @Acceptance("RG-20")
  void declaration_ofWhichASnapshotCame_isThereAfterAKill() {
    try (KernelProcess kernel = KernelProcess.serve(state, database.url()).awaitReady()) {
      String key = kernel.createService("declaring");
      ServiceBridge bridge = ServiceBridge.builder(kernel.grpc(), key).build();
      bridges.add(bridge);
      bridge.rpc().handle("declared.now", (request, context) -> request);
      bridge.start(); // returns with the first snapshot
      kernel.kill();
    }

    assertThat(database.value("SELECT string_agg(method_name, ',') FROM service_methods"))
        .isEqualTo("declared.now");
  }

  /** Two services, one half of the crowd each; either calls the other. */
  private static String service(int instance) {
    return instance % 2 == 0 ? "even" : "odd";
  }

  private boolean seesAllOf(int first, String service) {
    for (int i = first; i < CROWD; i += 2) {
      if (endpoints(bridges.get(i), service).size() < CROWD / 2) {
        return false;
      }
    }
    return true;
  }

  private static List<String> endpoints(ServiceBridge bridge, String name) {
    return bridge.serviceMap().service(name).stream()
        .flatMap(service -> service.instances().stream())
        .map(ServiceMap.Instance::callEndpoint)
        .filter(endpoint -> !endpoint.isEmpty())
        .toList();
  }
}
