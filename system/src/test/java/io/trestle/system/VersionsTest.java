package io.trestle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.Acceptance;
import io.trestle.sdk.CallOptions;
import io.trestle.sdk.NoLiveInstanceException;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceDeps;
import io.trestle.sdk.ServiceMap;
import io.trestle.sdk.StateException;
import io.trestle.sdk.Transport;
import io.trestle.sdk.protobuf.MethodSchema;
import io.trestle.sdk.protobuf.ProtoFile;
import io.trestle.sdk.protobuf.ProtobufRpc;
import io.trestle.sdk.protobuf.ServiceClient;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two versions of one method, side by side: each caller reaches its own. */
class VersionsTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final ProtoFile V1 = file("string sku = 1;");
  private static final ProtoFile V2 = file("string sku = 1; int32 quantity = 2;");

  private final TestKernel.ServiceKey shop =
      TRESTLE.kernel().service("shop-" + NEXT.incrementAndGet());
  private final TestKernel.ServiceKey buyer =
      TRESTLE.kernel().service("buyer-" + NEXT.incrementAndGet());

  private static ProtoFile file(String fields) {
    return ProtoFile.parse(
        """
        syntax = "proto3";
        message Order { %s }
        message Receipt { string from = 1; }
        service Shop { rpc Place(Order) returns (Receipt); }
        """
            .formatted(fields));
  }

  private ServiceBridge serve(String version, ProtoFile file, AtomicInteger runs) {
    MethodSchema place = file.method("Place");
    return TRESTLE.connect(
        shop,
        bridge ->
            ProtobufRpc.of(bridge)
                .handle(
                    "Place",
                    place.asMaps(),
                    (order, context) -> {
                      runs.incrementAndGet();
                      return Map.of("from", version);
                    }));
  }

  private ServiceBridge buyer() {
    return TRESTLE.connect(buyer, bridge -> bridge.service(shop.name(), ServiceDeps.rpc("Place")));
  }

  private List<ServiceMap.Method> seen(ServiceBridge by) {
    return by.serviceMap().service(shop.name()).map(ServiceMap.Service::methods).orElse(List.of());
  }

  @ParameterizedTest
  @EnumSource(
      value = Transport.class,
      names = {"DIRECT", "PROXY"})
  @Acceptance("RPC-18")
  void tenCallsOfEachVersion_reachTheirOwn(Transport transport) {
    AtomicInteger first = new AtomicInteger();
    AtomicInteger second = new AtomicInteger();
    serve("v1", V1, first);
    serve("v2", V2, second);
    ServiceBridge client = buyer();
    await().untilAsserted(() -> assertThat(seen(client)).hasSize(2));
    CallOptions options = CallOptions.DEFAULT.withTransport(transport);
    ProtobufRpc rpc = ProtobufRpc.of(client);
    var v1 = rpc.method(shop.name(), "Place", V1.method("Place").asMaps());
    var v2 = rpc.method(shop.name(), "Place", V2.method("Place").asMaps());

    for (int i = 0; i < 10; i++) {
      assertThat(v1.call(Map.of("sku", "a"), options)).isEqualTo(Map.of("from", "v1"));
      assertThat(v2.call(Map.of("quantity", 2), options)).isEqualTo(Map.of("from", "v2"));
    }
    assertThat(first).hasValue(10);
    assertThat(second).hasValue(10);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  @Acceptance("RPC-19")
  void callerOfAnotherVersion_findsNobody_andNothingIsSent(Transport transport) {
    AtomicInteger runs = new AtomicInteger();
    serve("v1", V1, runs);
    ServiceBridge client = buyer();
    assertThat(seen(client)).hasSize(1);
    CallOptions options = CallOptions.DEFAULT.withTransport(transport);
    var v2 = ProtobufRpc.of(client).method(shop.name(), "Place", V2.method("Place").asMaps());

    assertThatExceptionOfType(NoLiveInstanceException.class)
        .isThrownBy(() -> v2.call(Map.of("quantity", 2), options))
        .withMessageContaining("matches the caller contract");
    assertThatExceptionOfType(NoLiveInstanceException.class)
        .isThrownBy(() -> client.rpc().call(shop.name(), "Place", new byte[0], options));
    assertThat(runs).hasValue(0);
  }

  @Test
  void contract_travelsToTheCallersMap() {
    serve("v1", V1, new AtomicInteger());

    assertThat(seen(buyer()))
        .extracting(ServiceMap.Method::contractHash)
        .containsExactly(V1.method("Place").contract().hash());
  }

  @Test
  @Acceptance("SC-4")
  void typedClient_declaresWhatItUses() {
    serve("v1", V1, new AtomicInteger());
    ServiceClient[] client = new ServiceClient[1];
    ServiceBridge bridge =
        TRESTLE.connect(
            buyer,
            declaring -> client[0] = ProtobufRpc.of(declaring).client(shop.name(), V1, "Place"));

    assertThat(client[0].call("Place", Map.of("sku", "a"))).isEqualTo(Map.of("from", "v1"));
    assertThat(bridge.serviceMap().service(buyer.name()).orElseThrow().outgoingCalls())
        .extracting(ServiceMap.OutgoingCall::method)
        .containsExactly("Place");
    assertThatExceptionOfType(StateException.class)
        .isThrownBy(() -> ProtobufRpc.of(bridge).client("other", V1));
  }
}
