package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeBuilder;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.ServiceMap;
import io.trestle.sdk.Transport;
import io.trestle.testing.TestKernel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions over restarts of the kernel. Each test has a kernel of its own. */
class SessionLifeTest {
  private final List<ServiceBridge> clients = new CopyOnWriteArrayList<>();
  private TestKernel kernel = TestKernel.onNewDatabase(o -> o);

  @BeforeEach
  void start() {
    kernel.run();
  }

  @AfterEach
  void stop() {
    clients.forEach(ServiceBridge::stop);
    kernel.close();
  }

  private ServiceBridge client(TestKernel.ServiceKey key) {
    ServiceBridge client = kernel.client(key).reconnectInterval(Duration.ofMillis(200)).build();
    clients.add(client);
    return client;
  }

  private ServiceBridge echo(TestKernel.ServiceKey key) {
    ServiceBridge client = client(key);
    client.rpc().handle("echo", (request, context) -> request);
    client.start();
    return client;
  }

  private ServiceBridge callerOf(TestKernel.ServiceKey key, String service) {
    ServiceBridge client = client(key);
    client.service(service, ServiceDeps.rpc("echo"));
    client.start();
    return client;
  }

  private static List<BridgeEvent> events(ServiceBridge client) {
    List<BridgeEvent> events = new CopyOnWriteArrayList<>();
    client.listen(events::add);
    return events;
  }

  @Test
  @Acceptance("WI-20")
  void start_returns_withIdsAndTheNameOfTheService() {
    TestKernel.ServiceKey key = kernel.service("named");

    BridgeIdentity identity = echo(key).identity().orElseThrow();

    assertThat(identity.serviceName()).isEqualTo("named");
    assertThat(identity.serviceId()).isEqualTo(key.id());
    assertThat(identity.instanceId()).isNotEmpty();
    assertThat(identity.sessionId()).isNotEmpty();
  }

  @Test
  @Acceptance({"WI-32", "WI-33", "WI-34", "CO-5"})
  void kernelRestart_clientComesBackAsTheSameInstanceAndIsReached() {
    TestKernel.ServiceKey served = kernel.service("served");
    TestKernel.ServiceKey using = kernel.service("using");
    ServiceBridge server = echo(served);
    List<BridgeEvent> events = events(server);
    BridgeIdentity before = server.identity().orElseThrow();

    kernel.stop();
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(events)
                    .anySatisfy(
                        e ->
                            assertThat(e)
                                .isInstanceOfSatisfying(
                                    BridgeEvent.Reconnecting.class,
                                    r -> assertThat(r.attempt()).isPositive())));
    kernel.run();

    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> assertThat(events).anyMatch(e -> e instanceof BridgeEvent.Connected));
    BridgeIdentity after = server.identity().orElseThrow();
    assertThat(after.serviceId()).isEqualTo(before.serviceId());
    assertThat(after.instanceId()).as("the cached leaf was used").isEqualTo(before.instanceId());
    ServiceBridge caller = callerOf(using, "served");
    for (Transport transport : Transport.values()) {
      assertThat(
              caller
                  .rpc()
                  .call(
                      "served",
                      "echo",
                      new byte[] {1},
                      CallOptions.DEFAULT.withTransport(transport)))
          .isEqualTo(new byte[] {1});
    }
  }

  @Test
  @Acceptance("RPC-2")
  void directCalls_goOnWhileTheKernelIsAway() {
    echo(kernel.service("served"));
    ServiceBridge caller = callerOf(kernel.service("using"), "served");

    kernel.stop();

    assertThat(
            caller
                .rpc()
                .call(
                    "served",
                    "echo",
                    new byte[] {7},
                    CallOptions.DEFAULT.withTransport(Transport.DIRECT)))
        .isEqualTo(new byte[] {7});
  }

  @Test
  @Acceptance("WI-37")
  void attemptsLimited_kernelStaysAway_clientDisconnects() {
    TestKernel.ServiceKey key = kernel.service("limited");
    ServiceBridgeBuilder builder =
        kernel.client(key).reconnectInterval(Duration.ofMillis(50)).reconnectAttempts(3);
    ServiceBridge client = builder.build();
    clients.add(client);
    List<BridgeEvent> events = events(client);
    client.start();

    kernel.stop();

    await()
        .untilAsserted(
            () -> assertThat(events).last().isInstanceOf(BridgeEvent.Disconnected.class));
    assertThat(events).filteredOn(e -> e instanceof BridgeEvent.Reconnecting).hasSize(3);
  }

  @Test
  @Acceptance({"WI-26", "RG-10"})
  void stoppingProvider_isNotChosenAnyMoreAndNoReconnectFollows() {
    ServiceBridge server = echo(kernel.service("served"));
    ServiceBridge caller = callerOf(kernel.service("using"), "served");
    List<BridgeEvent> events = events(server);

    server.stop();

    await()
        .untilAsserted(
            () ->
                assertThat(
                        caller.serviceMap().service("served").stream()
                            .flatMap(s -> s.instances().stream())
                            .map(ServiceMap.Instance::callEndpoint)
                            .filter(endpoint -> !endpoint.isEmpty()))
                    .isEmpty());
    assertThat(events).noneMatch(e -> e instanceof BridgeEvent.Reconnecting);
  }

  @Test
  @Acceptance("WI-27")
  void stop_whileConnectedOrReconnecting_isTheLastThatIsHeard() {
    ServiceBridge calm = echo(kernel.service("calm"));
    List<BridgeEvent> ofCalm = events(calm);
    ServiceBridge lost = echo(kernel.service("lost"));
    List<BridgeEvent> ofLost = events(lost);

    calm.stop();
    List<BridgeEvent> heardOfCalm = List.copyOf(ofCalm);
    kernel.stop();
    await().until(() -> ofLost.stream().anyMatch(e -> e instanceof BridgeEvent.Reconnecting));
    lost.stop();
    List<BridgeEvent> heardOfLost = List.copyOf(ofLost);
    kernel.run();

    assertThat(heardOfCalm).noneMatch(e -> e instanceof BridgeEvent.Reconnecting);
    await()
        .during(Duration.ofMillis(1500))
        .until(() -> ofCalm.equals(heardOfCalm) && ofLost.equals(heardOfLost));
  }
}
