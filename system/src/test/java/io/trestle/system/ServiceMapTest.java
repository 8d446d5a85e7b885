package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.Declaration.EventSubscription;
import io.trestle.sdk.Declaration.HttpRoute;
import io.trestle.sdk.Declaration.Workflow;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.ServiceMap;
import io.trestle.sdk.ValidationException;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an SDK sees of the fleet, through a real kernel. */
class ServiceMapTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final AtomicInteger NEXT = new AtomicInteger();
  private TestKernel.ServiceKey provider = unnamed();
  private TestKernel.ServiceKey consumer = unnamed();

  private static TestKernel.ServiceKey unnamed() {
    return new TestKernel.ServiceKey("", "", "");
  }

  @BeforeEach
  void services() {
    int n = NEXT.incrementAndGet();
    provider = TRESTLE.kernel().service("provider-" + n);
    consumer = TRESTLE.kernel().service("consumer-" + n);
  }

  private ServiceBridge provide(String... methods) {
    return TRESTLE.connect(
        provider,
        sdk -> List.of(methods).forEach(m -> sdk.rpc().handle(m, (request, context) -> request)));
  }

  private ServiceBridge consume(String... methods) {
    return TRESTLE.connect(consumer, sdk -> sdk.service(provider.name(), ServiceDeps.rpc(methods)));
  }

  private Optional<ServiceMap.Service> seen(ServiceBridge by) {
    return by.serviceMap().service(provider.name());
  }

  private List<String> methods(ServiceBridge by) {
    return seen(by).stream()
        .flatMap(s -> s.methods().stream())
        .map(ServiceMap.Method::name)
        .toList();
  }

  @Test
  @Acceptance({"RG-1", "RG-8", "RG-19"})
  void firstView_ofARegisteredProvider_hasItsMethodWithEmptyHash() {
    ServiceBridge server = provide("m");

    ServiceBridge client = consume("m");

    assertThat(methods(client)).containsExactly("m");
    ServiceMap.Method method = seen(client).orElseThrow().methods().get(0);
    assertThat(method.contractHash()).isEmpty();
    assertThat(method.streaming()).isFalse();
    assertThat(method.instanceId()).isEqualTo(server.identity().orElseThrow().instanceId());
  }

  @Test
  @Acceptance({"RG-2", "RG-3", "WI-22"})
  void method_comesAndGoesWithItsProvider_withoutReconnect() {
    ServiceBridge client = consume("m");
    assertThat(methods(client)).isEmpty();
    String session = client.identity().orElseThrow().sessionId();

    ServiceBridge server = provide("m");
    await().untilAsserted(() -> assertThat(methods(client)).containsExactly("m"));
    assertThat(seen(client).orElseThrow().instances().get(0).callEndpoint()).isNotEmpty();

    server.stop();
    await().untilAsserted(() -> assertThat(methods(client)).isEmpty());
    assertThat(client.identity().orElseThrow().sessionId()).isEqualTo(session);
  }

  @Test
  @Acceptance("RG-4")
  void star_meansEveryMethod() {
    provide("a", "b", "c");

    assertThat(methods(consume("*"))).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  @Acceptance("RG-5")
  void unknownDependency_isNoErrorAndHasNoEntry() {
    ServiceBridge client =
        TRESTLE.connect(consumer, sdk -> sdk.service("nobody-at-all", ServiceDeps.rpc("m")));

    assertThat(client.serviceMap().service("nobody-at-all")).isEmpty();
    assertThat(client.serviceMap().services().values())
        .allSatisfy(service -> assertThat(service.methods()).isEmpty());
  }

  @Test
  @Acceptance("RG-6")
  void twoInstancesOfOneKey_areSeenSeparately() {
    provide("a");
    provide("b");

    ServiceBridge client = consume("*");

    assertThat(methods(client)).containsExactlyInAnyOrder("a", "b");
    assertThat(seen(client).orElseThrow().methods())
        .extracting(ServiceMap.Method::instanceId)
        .doesNotHaveDuplicates();
  }

  @Test
  @Acceptance("RG-7")
  void ownEntry_listsPatternAndTarget() {
    provide("m");
    ServiceBridge client =
        TRESTLE.connect(
            consumer,
            sdk ->
                sdk.declare(new EventSubscription("orders.*"))
                    .service(provider.name(), ServiceDeps.rpc("m")));

    ServiceMap.Service own = client.serviceMap().service(consumer.name()).orElseThrow();

    assertThat(own.eventSubscriptions())
        .extracting(ServiceMap.Subscription::pattern)
        .containsExactly("orders.*");
    assertThat(own.outgoingCalls())
        .extracting(ServiceMap.OutgoingCall::method)
        .containsExactly("m");
    assertThat(methods(client)).containsExactly("m");
  }

  @Test
  @Acceptance("RG-14")
  void httpEndpoint_publishedAfterStart_reachesWatchers() {
    ServiceBridge server =
        TRESTLE.connect(
            provider,
            sdk -> {
              sdk.rpc().handle("m", (request, context) -> request);
              sdk.declare(new HttpRoute("GET", "/orders"));
            });
    ServiceBridge client = consume("m");

    server.httpEndpoint("127.0.0.1:8080");

    await()
        .untilAsserted(
            () ->
                assertThat(seen(client).orElseThrow().instances())
                    .extracting(ServiceMap.Instance::httpEndpoint)
                    .containsExactly("127.0.0.1:8080"));
  }

  @Test
  @Acceptance({"RG-13", "WI-28"})
  void badFilter_failsTheStartWithValidation() {
    refused("filter", sdk -> sdk.declare(new EventSubscription("orders.*", "{\"not a path\":1}")));
  }

  @Test
  @Acceptance("WI-28")
  void workflowWithoutDefinition_failsTheStartWithValidation() {
    refused("field 7", sdk -> sdk.declare(new Workflow("flow", new byte[0])));
  }

  private void refused(String text, Consumer<ServiceBridge> declare) {
    ServiceBridgeException failure =
        catchThrowableOfType(
            ServiceBridgeException.class, () -> TRESTLE.connect(consumer, declare));
    assertThat(failure).isInstanceOf(ValidationException.class).hasMessageContaining(text);
  }

  @Test
  @Acceptance({"RG-15", "WI-44"})
  void revokedInstance_isNoLongerCalledByConnectedClients() {
    ServiceBridge server = provide("m");
    ServiceBridge client = consume("m");
    assertThat(client.rpc().call(provider.name(), "m", new byte[0])).isEmpty();

    TRESTLE
        .kernel()
        .admin()
        .ok(
            "RegistryService/RevokeInstance",
            new JsonObject().put("instanceId", server.identity().orElseThrow().instanceId()));

    await()
        .untilAsserted(
            () ->
                assertThat(
                        catchThrowableOfType(
                            NoLiveInstanceException.class,
                            () -> client.rpc().call(provider.name(), "m", new byte[0])))
                    .isNotNull());
  }

  @Test
  @Acceptance("RG-16")
  void serviceRevokedAndActivated_newInstanceIsCalled() {
    provide("m");
    ServiceBridge client = consume("m");
    TRESTLE.kernel().admin().revokeService(provider.id());
    await().untilAsserted(() -> assertThat(methods(client)).isEmpty());

    TRESTLE
        .kernel()
        .admin()
        .ok("ServiceService/Activate", new JsonObject().put("id", provider.id()));
    provide("m");

    await()
        .untilAsserted(
            () -> assertThat(client.rpc().call(provider.name(), "m", new byte[0])).isEmpty());
  }
}
