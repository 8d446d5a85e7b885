package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.sdk.ServiceBridge;
import io.trestle.testing.Sql;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Authorities that come from elsewhere, good ones and bad ones. */
class AuthorityTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  @Test
  @Acceptance({"WI-61", "CO-3"})
  void keysIssuedElsewhere_workWhereAuthorityAndServicesWereCopied() {
    TestKernel first = TRESTLE.kernel();
    ServiceKey service = first.service("wanderer");
    ServiceKey revoked = first.service("left-behind");
    first.admin().revokeService(revoked.id());
    WireIdentity issuedThere =
        WireInstance.provisionIdentity(first.grpc(), WireExtension.key(service));

    try (TestKernel second = prepared()) {
      copy(first.sql(), second.sql(), "runtime_ca");
      copy(first.sql(), second.sql(), "services");
      second.run();

      try (WireInstance instance =
              WireInstance.provision(second.grpc(), WireExtension.key(service));
          WireInstance known =
              WireInstance.of(second.grpc(), WireExtension.key(service), issuedThere);
          ServiceBridge bridge = second.client(service).build()) {
        assertThat(instance.serviceId()).isEqualTo(service.id());
        assertThat(instance.connect().getServiceName()).isEqualTo("wanderer");
        assertThat(known.connect().getServiceName()).as("its leaf too").isEqualTo("wanderer");
        bridge.start();
        assertThat(bridge.identity().orElseThrow().serviceId()).isEqualTo(service.id());
        assertThat(refused(second, revoked)).isEqualTo(Status.Code.UNAUTHENTICATED);
      }
      assertThat(authorities(second)).containsExactly(1L);
      assertThat(second.sql().bytes("SELECT cert_der FROM runtime_ca"))
          .isEqualTo(first.sql().bytes("SELECT cert_der FROM runtime_ca"));
    }
  }

  private static Status.Code refused(TestKernel kernel, ServiceKey service) {
    WireKey key = WireExtension.key(service);
    try (WireClient stranger = WireClient.toRuntime(kernel.grpc(), key.ca(), null)) {
      return stranger.provision(key, Certificates.request(Certificates.p256())).code();
    }
  }

  /** A database after {@code -migrate}. */
  private static TestKernel prepared() {
    TestKernel kernel = TestKernel.onDatabase(TestKernel.newDatabase(), o -> o);
    kernel.migrate();
    assertThat(authorities(kernel)).as("-migrate makes no authority").isEmpty();
    return kernel;
  }

  private static List<Long> authorities(TestKernel kernel) {
    return kernel.sql().column(Long.class, "SELECT id::int8 FROM runtime_ca");
  }

  private static void copy(Sql from, Sql to, String table) {
    for (String row :
        from.column(String.class, "SELECT row_to_json(t)::text FROM " + table + " t")) {
      to.update(
          "INSERT INTO %1$s SELECT * FROM json_populate_record(NULL::%1$s, ?::json)"
              .formatted(table),
          row);
    }
  }

  @Test
  @Acceptance("WI-73")
  void authority_thatDoesNotParse_stopsTheStart() {
    assertRefused(new byte[] {1, 2, 3}, good().key().getEncoded(), "cert_der");
    assertRefused(encoded(good()), new byte[] {1, 2, 3}, "key_der");
  }

  @Test
  @Acceptance("WI-73")
  void authority_ofAnotherKey_stopsTheStart() {
    assertRefused(encoded(good()), good().key().getEncoded(), "key");
  }

  @Test
  @Acceptance("WI-73")
  void authority_thatIsExpired_stopsTheStart() {
    var expired = Certificates.authority(Duration.ofDays(-1));

    assertRefused(encoded(expired), expired.key().getEncoded(), "expired");
  }

  private static Certificates.Authority good() {
    return Certificates.authority(Duration.ofDays(1));
  }

  private static byte[] encoded(Certificates.Authority authority) {
    return Certificates.der(authority.certificate());
  }

  private static void assertRefused(byte[] certificate, byte[] key, String what) {
    try (TestKernel kernel = prepared()) {
      kernel
          .sql()
          .update(
              "INSERT INTO runtime_ca (id, cert_der, key_der) VALUES (1, ?, ?)", certificate, key);

      assertThatThrownBy(kernel::run)
          .hasStackTraceContaining("runtime_ca")
          .hasStackTraceContaining(what);

      assertThat(authorities(kernel)).containsExactly(1L);
      assertThat(kernel.sql().bytes("SELECT cert_der FROM runtime_ca")).isEqualTo(certificate);
      assertThat(kernel.sql().bytes("SELECT key_der FROM runtime_ca")).isEqualTo(key);
    }
  }
}
