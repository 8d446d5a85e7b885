package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.search.Search;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.CallRequest;
import io.trestle.protocol.v1.GetServiceGraphRequest;
import io.trestle.protocol.v1.InvokeRequest;
import io.trestle.protocol.v1.RefreshCertRequest;
import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handshakes, and what comes before any method. */
class ConnectionTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  @Test
  @Acceptance("WI-10")
  void runtimeCertificate_standsTheChecksOfAnotherStack() {
    WireInstance instance = WIRE.instance(WIRE.service());

    assertThat(instance.refresh().code()).isEqualTo(Status.Code.OK);

    WireClient client = instance.client();
    assertThat(client.tlsVersion()).isEqualTo("TLSv1.3");
    assertThat(client.alpn()).isEqualTo("h2");
    assertThat(Certificates.uris(client.peer())).containsExactly(Certificates.RUNTIME_URI);
    assertThat(Certificates.purposes(client.peer()))
        .contains(Certificates.SERVER_AUTH, Certificates.CLIENT_AUTH);
  }

  @Test
  @Acceptance("WI-10")
  void client_thatExpectsSomebodyElse_refusesTheRuntime() {
    ServiceKey service = WIRE.service();
    WireKey key = WireExtension.key(service);
    String other = Certificates.serviceUri(service.id(), service.id());
    WireClient client =
        WIRE.closing(WireClient.to(WIRE.kernel().grpc(), key.ca(), null, other, null));

    var refused = client.provision(key, Certificates.request(Certificates.p256()));

    assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(Certificates.uris(client.peer())).containsExactly(Certificates.RUNTIME_URI);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http/1.1", ""})
  void handshake_withoutH2_isOfNoUse(String protocol) {
    ServiceKey service = WIRE.service();
    WireInstance instance = WIRE.instance(service);

    RawHttp2 connection =
        WIRE.closing(
            RawHttp2.connect(
                WIRE.kernel().grpc(),
                WireExtension.key(service).ca(),
                instance.identity(),
                protocol));

    await().until(connection::isClosed);
    assertThat(connection.usable()).isFalse();
  }

  @Test
  @Acceptance("WI-12")
  void stranger_isServedProvisionAlone() {
    ServiceKey service = WIRE.service();
    WireClient stranger = WIRE.stranger(service);

    assertThat(
            stranger
                .provision(WireExtension.key(service), Certificates.request(Certificates.p256()))
                .code())
        .isEqualTo(Status.Code.OK);
    assertThat(stranger.unary(Methods.OPEN, WireInstance.open(1)).code())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(stranger.unary(Methods.INVOKE_UNARY, InvokeRequest.getDefaultInstance()).code())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  @Acceptance("WI-13")
  void handshake_withAForeignCertificate_failsOnceAndRunsNothing() {
    ServiceKey service = WIRE.service();
    WireInstance known = WIRE.instance(service);
    var foreign = Certificates.authority(Duration.ofDays(1)).leaf(known.identity().uri());
    double refusedBefore = counted("trestle.gateway.handshakes", "outcome", "refused");
    double callsBefore = calls();

    RawHttp2 connection =
        WIRE.closing(
            RawHttp2.connect(WIRE.kernel().grpc(), WireExtension.key(service).ca(), foreign));

    await().until(connection::isClosed);
    assertThat(connection.usable()).isFalse();
    assertThat(counted("trestle.gateway.handshakes", "outcome", "refused"))
        .isEqualTo(refusedBefore + 1);
    assertThat(calls()).isEqualTo(callsBefore);
    assertThat(WIRE.client(service, foreign).unary(Methods.OPEN, WireInstance.open(1)).code())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(calls()).as("no handler ran").isEqualTo(callsBefore);
  }

  private static double calls() {
    return Search.in(TRESTLE.kernel().trestle().meters())
        .name("trestle.gateway.calls")
        .counters()
        .stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  private static double counted(String name, String... tags) {
    Counter counter =
        Search.in(TRESTLE.kernel().trestle().meters()).name(name).tags(tags).counter();
    return counter == null ? 0 : counter.count();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nobody.invalid:1", "servicebridge.peer", "127.0.0.1:9", "[::1]:80"})
  @Acceptance("WI-14")
  void authorityAndServerName_doNotMatter(String authority) {
    ServiceKey service = WIRE.service();
    WireKey key = WireExtension.key(service);
    WireIdentity identity = WIRE.instance(service).identity();

    WireClient client =
        WIRE.closing(
            WireClient.to(
                WIRE.kernel().grpc(), key.ca(), identity, Certificates.RUNTIME_URI, authority));

    assertThat(
            client
                .unary(Methods.REFRESH_CERT, WireInstance.refreshRequest(Certificates.p256()))
                .code())
        .isEqualTo(Status.Code.OK);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost"})
  @Acceptance("WI-14")
  void ourSdk_reachesTheRuntimeByAddressAndByName(String host) {
    ServiceKey service = WIRE.service();
    String address = WIRE.kernel().grpc();
    String target = host + address.substring(address.lastIndexOf(':'));

    try (ServiceBridge bridge = ServiceBridge.builder(target, service.apiKey()).build()) {
      bridge.start();

      assertThat(bridge.identity().orElseThrow().serviceId()).isEqualTo(service.id());
    }
  }

  @Test
  @Acceptance("WI-15")
  void serviceGraph_isNotForServices() {
    var refused =
        WIRE.instance(WIRE.service())
            .client()
            .unary(Methods.UI_GET_SERVICE_GRAPH, GetServiceGraphRequest.getDefaultInstance());

    assertThat(refused.code()).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  @Acceptance("WI-72")
  void knownUnknownAndUnreadable_areToldApartOnlyWithACertificate() {
    ServiceKey service = WIRE.service();
    byte[] unreadable = {0x0a, 0x7f, 1};
    WireClient stranger = WIRE.stranger(service);
    WireClient known = WIRE.instance(service).client();

    for (String path :
        List.of(
            "/servicebridge.v1.Control/RefreshCert",
            "/servicebridge.v1.Control/NoSuchMethod",
            "/servicebridge.v1.NoSuchService/Method",
            "/another.package.Service/Method",
            "/servicebridge.v1.UI/NoSuchMethod")) {
      assertThat(send(stranger, path, unreadable).code())
          .as(path)
          .isEqualTo(Status.Code.UNAUTHENTICATED);
    }
    assertThat(send(known, "/servicebridge.v1.Control/NoSuchMethod", unreadable).code())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(send(known, "/servicebridge.v1.NoSuchService/Method", unreadable).code())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
    for (String path :
        List.of(
            Methods.REFRESH_CERT.path(),
            Methods.INVOKE_UNARY.path(),
            Methods.OPEN.path(),
            Methods.REGISTER_AND_WATCH.path(),
            Methods.PROVISION.path())) {
      assertThat(send(known, path, unreadable).answer())
          .as(path)
          .isEqualTo("INVALID_ARGUMENT malformed request");
    }
    assertThat(known.unary(Methods.CALL_UNARY, CallRequest.getDefaultInstance()).code())
        .as("the runtime is no callee")
        .isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(known.unary(Methods.REFRESH_CERT, RefreshCertRequest.getDefaultInstance()).code())
        .as("readable and wrong")
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  private static Ended<byte[]> send(WireClient client, String path, byte[] message) {
    return client.raw(path, MethodType.UNARY, message, new Metadata()).ended();
  }
}
