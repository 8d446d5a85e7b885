package io.trestle.kernel.gateway;

import static io.trestle.kernel.gateway.GatewayFixture.INSTANCE_ID;
import static io.trestle.kernel.gateway.TestMethods.ANYBODY;
import static io.trestle.kernel.gateway.TestMethods.CHAT;
import static io.trestle.kernel.gateway.TestMethods.NOBODY;
import static io.trestle.kernel.gateway.TestMethods.RAW;
import static io.trestle.kernel.gateway.TestMethods.SLOW;
import static io.trestle.kernel.gateway.TestMethods.UNARY;
import static io.trestle.kernel.gateway.TestMethods.WATCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.Status.Code;
import io.trestle.Acceptance;
import io.trestle.kernel.gateway.JavaClient.Ended;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.TestCertificates;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who gets which answer, and in which order requests are judged. */
class GatewayOrderTest {
  private static final byte[] MALFORMED = {(byte) 0xFF, (byte) 0xFF, 1};
  private static final String UNKNOWN_METHOD = "/test.v1.Echo/Invented";
  private static final String UNKNOWN_SERVICE = "/elsewhere.v9.Thing/Do";
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = GatewayFixture.start();
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
  }

  @Test
  @Acceptance("WI-12")
  void everyMethod_withoutCertificate_isUnauthenticated() {
    JavaClient nobody = gateway.javaClient(null);
    for (String path : List.of(UNARY, RAW, SLOW, WATCH, CHAT, NOBODY, "/test.v1.UI/Graph")) {
      assertThat(nobody.unary(path, "x").code()).as(path).isEqualTo(Code.UNAUTHENTICATED);
    }
    assertThat(nobody.unary(ANYBODY, "hello").text()).isEqualTo("hello");
  }

  @Test
  @Acceptance("WI-72")
  void knownUnknownAndMalformed_withoutCertificate_areAllUnauthenticated() {
    JavaClient nobody = gateway.javaClient(null);
    assertThat(nobody.unary(UNARY, "x").code()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(nobody.unary(UNKNOWN_METHOD, "x").code()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(nobody.unary(UNKNOWN_SERVICE, "x").code()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(nobody.unary(UNARY, MALFORMED, CallOptions.DEFAULT).code())
        .isEqualTo(Code.UNAUTHENTICATED);
  }

  @Test
  @Acceptance("WI-72")
  void knownUnknownAndMalformed_withCertificate_areToldApart() {
    JavaClient service = gateway.javaClient();
    assertThat(service.unary(UNARY, "x").text()).isEqualTo("x");
    assertThat(service.unary(UNKNOWN_METHOD, "x").code()).isEqualTo(Code.UNIMPLEMENTED);
    assertThat(service.unary(UNKNOWN_SERVICE, "x").code()).isEqualTo(Code.UNIMPLEMENTED);
    for (String path : List.of(UNARY, WATCH, CHAT)) {
      Ended ended = service.unary(path, MALFORMED, CallOptions.DEFAULT);
      assertThat(ended.code()).as(path).isEqualTo(Code.INVALID_ARGUMENT);
      assertThat(ended.message()).as(path).isEqualTo("malformed request");
    }
  }

  @Test
  void closedPaths_withCertificate_areDenied() {
    JavaClient service = gateway.javaClient();
    assertThat(service.unary("/test.v1.UI/Graph", "x").code()).isEqualTo(Code.PERMISSION_DENIED);
    Ended nobody = service.unary(NOBODY, MALFORMED, CallOptions.DEFAULT);
    assertThat(nobody.code()).as("access comes before decoding").isEqualTo(Code.PERMISSION_DENIED);
  }

  @Test
  void revokedInstance_onAnOpenConnection_isRefusedOnEveryMethod() {
    JavaClient service = gateway.javaClient();
    assertThat(service.unary(UNARY, "x").text()).isEqualTo("x");
    gateway.revoked.add(INSTANCE_ID);
    try {
      for (String path : List.of(UNARY, UNKNOWN_METHOD, ANYBODY)) {
        Ended ended = service.unary(path, "x");
        assertThat(ended.code()).as(path).isEqualTo(Code.UNAUTHENTICATED);
        assertThat(ended.message()).as(path).isEqualTo("access revoked");
      }
    } finally {
      gateway.revoked.clear();
    }
    assertThat(service.unary(UNARY, "x").text()).isEqualTo("x");
  }

  @Test
  void runtimeUri_fromOutside_isUnauthenticated() {
    JavaClient impostor =
        gateway.javaClient(gateway.certificates.leaf().uri(SpiffeId.runtime().uri()).identity());
    assertThat(impostor.unary(UNARY, "x").code()).isEqualTo(Code.UNAUTHENTICATED);
  }

  @Test
  @Acceptance("WI-13")
  void foreignCertificate_whenConnecting_neverBecomesUsable() {
    double before = gateway.count(GatewayMetrics.HANDSHAKES, "outcome", "refused");
    int calls = gateway.methods.calls.size();
    TestCertificates foreign = TestCertificates.create();
    RawConnection connection = null;
    Throwable failure = null;
    try {
      connection =
          RawConnection.open(
              gateway.vertx,
              gateway.port(),
              foreign.service(INSTANCE_ID.toString(), INSTANCE_ID.toString()),
              gateway.certificates.ca());
      connection.call(UNARY, "x");
    } catch (AssertionError e) {
      failure = e;
    }
    assertThat(failure).isNotNull();
    await()
        .untilAsserted(
            () ->
                assertThat(gateway.count(GatewayMetrics.HANDSHAKES, "outcome", "refused"))
                    .isEqualTo(before + 1));
    assertThat(gateway.methods.calls).hasSize(calls);
    gateway.serves();
  }

  @Test
  void failures_ofHandlers_keepTheirStatusAndHideBugs() {
    JavaClient service = gateway.javaClient();
    Ended refused = service.unary(UNARY, "refused");
    assertThat(refused.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(refused.message()).isEqualTo("no ünit %");
    assertThat(refused.notDispatched()).isFalse();
    Ended withoutEffect = service.unary(UNARY, "without effect");
    assertThat(withoutEffect.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(withoutEffect.notDispatched()).isTrue();
    assertThat(service.unary(UNARY, "failure").code()).isEqualTo(Code.ABORTED);
    for (String bug : List.of("bug", "async bug")) {
      Ended ended = service.unary(UNARY, bug);
      assertThat(ended.code()).isEqualTo(Code.INTERNAL);
      assertThat(ended.message()).doesNotContain("secret");
    }
  }

  @Test
  void calls_areCountedByMethodAndStatus_andInventedNamesAreNot() {
    JavaClient service = gateway.javaClient();
    double before = gateway.count(GatewayMetrics.CALLS, "method", UNARY, "status", "OK");
    service.unary(UNARY, "x");
    service.unary("/test.v1.Echo/Another", "x");
    assertThat(gateway.count(GatewayMetrics.CALLS, "method", UNARY, "status", "OK"))
        .isEqualTo(before + 1);
    assertThat(
            gateway
                .meters
                .find(GatewayMetrics.CALLS)
                .tag("method", "/test.v1.Echo/Another")
                .meter())
        .isNull();
    assertThat(gateway.count(GatewayMetrics.CALLS, "method", "unknown", "status", "UNIMPLEMENTED"))
        .isPositive();
  }

  @Test
  void largeMessages_ofFourMebibytes_passBothWays() {
    byte[] payload = new byte[4 << 20];
    Arrays.fill(payload, (byte) 7);
    Ended ended = gateway.javaClient().unary(RAW, payload, CallOptions.DEFAULT);
    assertThat(ended.messages()).hasSize(1);
    assertThat(ended.messages().get(0)).isEqualTo(payload);
  }
}
