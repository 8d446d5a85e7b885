package io.trestle.system.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.trestle.Acceptance;
import io.trestle.protocol.Methods;
import io.trestle.protocol.v1.BootstrapKeyPayload;
import io.trestle.protocol.v1.ProvisionRequest;
import io.trestle.protocol.v1.ProvisionResponse;
import io.trestle.protocol.v1.RefreshCertResponse;
import io.trestle.testing.TestKernel.ServiceKey;
import io.trestle.testing.TrestleExtension;
import io.vertx.core.json.JsonObject;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.bouncycastle.asn1.x500.X500Name;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Keys, requests and leaves, as an independent client sees them. */
class ProvisioningTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();
  @RegisterExtension static final WireExtension WIRE = new WireExtension(TRESTLE);

  @Test
  @Acceptance("WI-01")
  void key_ofANewService_holdsIdSecretAndAuthority() throws Exception {
    String key = WIRE.service().apiKey();

    assertThat(key).matches("^sb\\.[A-Za-z0-9_-]+$");
    byte[] body = Base64.getUrlDecoder().decode(key.substring(3));
    BootstrapKeyPayload payload = BootstrapKeyPayload.parseFrom(body);
    assertThat(payload.getKeyId().size()).isEqualTo(8);
    assertThat(payload.getSecret().size()).isEqualTo(32);
    assertThat(payload.getCaCertDer().toByteArray())
        .isEqualTo(WIRE.kernel().sql().bytes("SELECT cert_der FROM runtime_ca WHERE id = 1"));
    assertThat(payload.toByteArray()).as("fields in ascending order").isEqualTo(body);
  }

  @Test
  @Acceptance({"WI-01", "CO-16"})
  void key_afterItsCreation_isShownByNoReadAndKeptNowhere() {
    ServiceKey service = WIRE.service();
    WireKey key = WireExtension.key(service);
    String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(key.secret());

    JsonObject byId = new JsonObject().put("id", service.id());
    String reads =
        WIRE.kernel().admin().ok("ServiceService/List", new JsonObject()).encode()
            + WIRE.kernel().admin().ok("ServiceService/ListKeys", byId).encode();
    List<String> row =
        WIRE.kernel()
            .sql()
            .column(
                String.class, "SELECT s::text FROM services s WHERE id = ?::uuid", service.id());

    assertThat(reads).contains(service.name()).doesNotContain("sb.").doesNotContain(secret);
    assertThat(row).hasSize(1);
    assertThat(row.get(0)).doesNotContain(secret).doesNotContain(hex(key.secret()));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  @Acceptance({"WI-02", "WI-09"})
  void provision_withoutCertificate_answersAllSixFields() {
    ServiceKey service = WIRE.service();
    WireKey key = WireExtension.key(service);
    KeyPair keys = Certificates.p256();

    ProvisionResponse reply =
        WIRE.stranger(service).provision(key, Certificates.request(keys)).ok();

    X509Certificate leaf = Certificates.parse(reply.getCertDer().toByteArray());
    assertThat(reply.getServiceId()).isEqualTo(service.id());
    assertThat(reply.getServiceName()).isEqualTo(service.name());
    assertThat(UUID.fromString(reply.getInstanceId())).hasToString(reply.getInstanceId());
    assertThat(reply.getNotAfterUnixMs()).isEqualTo(leaf.getNotAfter().toInstant().toEpochMilli());
    assertThat(reply.getCaChainDer().toByteArray()).isEqualTo(key.caDer());
    assertThat(Certificates.parse(reply.getCaChainDer().toByteArray())).isEqualTo(key.ca());
    assertThat(Certificates.uris(leaf))
        .containsExactly(Certificates.serviceUri(reply.getServiceId(), reply.getInstanceId()));
    assertThat(leaf.getPublicKey()).isEqualTo(keys.getPublic());
  }

  @Test
  @Acceptance("WI-09")
  void refresh_answersTheAuthorityAlone() {
    ServiceKey service = WIRE.service();

    RefreshCertResponse reply = WIRE.instance(service).refresh().ok();

    assertThat(reply.getCaChainDer().toByteArray()).isEqualTo(WireExtension.key(service).caDer());
  }

  @Test
  @Acceptance("WI-03")
  void provision_twiceWithOneKey_givesOneServiceAndTwoInstances() {
    ServiceKey service = WIRE.service();

    WireInstance one = WIRE.instance(service);
    WireInstance other = WIRE.instance(service);

    assertThat(one.serviceId()).isEqualTo(other.serviceId());
    assertThat(one.id()).isNotEqualTo(other.id());
  }

  @Test
  @Acceptance("WI-04")
  void provision_withAnyBadKey_getsOneAnswer() {
    ServiceKey service = WIRE.service();
    ServiceKey revoked = WIRE.service();
    WIRE.kernel().admin().revokeService(revoked.id());
    WireKey good = WireExtension.key(service);
    byte[] request = Certificates.request(Certificates.p256());
    WireClient client = WIRE.stranger(service);

    String wrongSecret = client.provision(good.withWrongSecret(), request).answer();
    String unknownId = client.provision(good.withUnknownId(), request).answer();
    String ofRevoked = client.provision(WireExtension.key(revoked), request).answer();

    assertThat(wrongSecret).startsWith("UNAUTHENTICATED ");
    assertThat(List.of(unknownId, ofRevoked)).containsOnly(wrongSecret);
  }

  @Test
  @Acceptance("WI-05")
  void provision_withForeignSubjectAndNames_ignoresThem() {
    ServiceKey service = WIRE.service();
    byte[] request =
        Certificates.request(
            Certificates.p256(), new X500Name("CN=root,O=Evil"), Certificates.RUNTIME_URI);

    ProvisionResponse reply =
        WIRE.stranger(service).provision(WireExtension.key(service), request).ok();

    X509Certificate leaf = Certificates.parse(reply.getCertDer().toByteArray());
    assertThat(leaf.getSubjectX500Principal().getName()).doesNotContain("root", "Evil");
    assertThat(Certificates.names(leaf))
        .containsExactly(
            "6:" + Certificates.serviceUri(reply.getServiceId(), reply.getInstanceId()));
  }

  @Test
  @Acceptance("WI-06")
  void provision_ofAnotherForm_isInvalid() {
    ServiceKey service = WIRE.service();
    WireKey key = WireExtension.key(service);
    WireClient client = WIRE.stranger(service);
    byte[] good = Certificates.request(Certificates.p256());
    byte[] forged = good.clone();
    forged[forged.length - 1] ^= 1;

    assertThat(client.provision(key, new byte[0]).code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(client.provision(key, new byte[] {0x30, 0x03, 1, 2, 3}).code())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(client.provision(key, forged).code())
        .as("signature does not verify")
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(client.provision(key, Certificates.request(Certificates.ec("secp384r1"))).code())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(client.provision(key, Certificates.request(Certificates.rsa())).code())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(client.provision(key.withWrongSecret(), new byte[0]).code())
        .as("form comes before the key")
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(instances(service)).isZero();
  }

  @Test
  @Acceptance("WI-06")
  void provision_withWrongLengths_isInvalid() {
    ServiceKey service = WIRE.service();
    WireKey key = WireExtension.key(service);
    ProvisionRequest good =
        WireClient.provisionRequest(key, Certificates.request(Certificates.p256()));
    WireClient client = WIRE.stranger(service);

    for (int length : new int[] {0, 7, 9}) {
      var request = good.toBuilder().setKeyId(ByteString.copyFrom(new byte[length])).build();
      assertThat(client.unary(Methods.PROVISION, request).code())
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    for (int length : new int[] {0, 31, 33}) {
      var request = good.toBuilder().setSecret(ByteString.copyFrom(new byte[length])).build();
      assertThat(client.unary(Methods.PROVISION, request).code())
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    assertThat(instances(service)).isZero();
  }

  private static long instances(ServiceKey service) {
    return WIRE.kernel()
        .sql()
        .count("SELECT count(*) FROM service_instances WHERE service_id = ?::uuid", service.id());
  }

  @Test
  @Acceptance("WI-08")
  void leaf_isAsThePageSays() {
    WireIdentity identity = WIRE.instance(WIRE.service()).identity();
    X509Certificate leaf = identity.leaf();

    assertThat(Certificates.names(leaf)).containsExactly("6:" + identity.uri());
    assertThat(Certificates.purposes(leaf))
        .containsExactlyInAnyOrder(Certificates.CLIENT_AUTH, Certificates.SERVER_AUTH);
    assertThat(leaf.getPublicKey()).isInstanceOf(ECPublicKey.class);
    assertThat(((ECPublicKey) leaf.getPublicKey()).getParams().getCurve().getField().getFieldSize())
        .isEqualTo(256);
    assertThat(leaf.getSigAlgName()).isEqualTo("SHA256withECDSA");
    assertThat(leaf.getBasicConstraints()).as("no CA").isEqualTo(-1);
    assertThat(leaf.getSerialNumber().signum()).isPositive();
    Instant begin = leaf.getNotBefore().toInstant();
    Instant end = leaf.getNotAfter().toInstant();
    assertThat(Duration.between(begin, end))
        .as("one hour, backdated 1 to 5 minutes")
        .isBetween(Duration.ofMinutes(61), Duration.ofMinutes(65).plusSeconds(1));
    assertThat(Duration.between(Instant.now(), end))
        .isBetween(Duration.ofMinutes(58), Duration.ofMinutes(60).plusSeconds(1));
  }
}
