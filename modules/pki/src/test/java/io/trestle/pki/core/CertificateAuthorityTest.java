package io.trestle.pki.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;

/** Everything is inspected with the JDK's own parser, not with the library that wrote it. */
class CertificateAuthorityTest {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final long NOW = Instant.parse("2026-03-01T12:00:00.250Z").toEpochMilli();
  private static final long HOUR = 3_600_000;
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final UUID SERVICE = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
  private static final UUID INSTANCE = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8058");

  private final CertificateAuthority authority = CertificateAuthority.create(NOW, RANDOM);

  @Test
  void create_always_isPlainP256RootFor20Years() throws Exception {
    X509Certificate ca = authority.certificate();

    assertThat(ca.getBasicConstraints()).isZero();
    assertThat(ca.getCriticalExtensionOIDs()).containsExactlyInAnyOrder("2.5.29.19", "2.5.29.15");
    assertThat(ca.getNonCriticalExtensionOIDs()).containsExactly("2.5.29.14");
    assertThat(ca.getKeyUsage())
        .containsExactly(false, false, false, false, false, true, true, false, false);
    assertThat(((ECPublicKey) ca.getPublicKey()).getParams().getOrder().bitLength()).isEqualTo(256);
    assertThat(ca.getNotAfter().toInstant()).isEqualTo("2046-03-01T12:00:00Z");
    assertThat(ca.getSerialNumber()).isPositive();
    ca.verify(ca.getPublicKey());
  }

  @Test
  @Acceptance("WI-08")
  void issue_instance_isTheTableOfTheSpecification() throws Exception {
    PublicKey key = Requests.ecKey("secp256r1").getPublic();
    IssuedCertificate issued =
        authority.issue(LeafProfile.ofInstance(SERVICE, INSTANCE, HOUR), key, NOW);
    X509Certificate leaf = parse(issued.der());

    assertThat(List.copyOf(leaf.getSubjectAlternativeNames()))
        .isEqualTo(
            List.of(
                List.of(
                    6, "spiffe://service-bridge/service/" + SERVICE + "/instance/" + INSTANCE)));
    assertThat(leaf.getExtendedKeyUsage()).containsExactlyInAnyOrder(CLIENT_AUTH, SERVER_AUTH);
    assertThat(leaf.getKeyUsage())
        .containsExactly(true, false, false, false, false, false, false, false, false);
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.15");
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getPublicKey()).isEqualTo(key);
    assertThat(leaf.getSigAlgName()).isEqualTo("SHA256withECDSA");
    assertThat(leaf.getVersion()).isEqualTo(3);
    assertThat(leaf.getNonCriticalExtensionOIDs()).contains("2.5.29.35");
    assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("CN=" + INSTANCE);
    assertThat(leaf.getNotAfter().toInstant().toEpochMilli()).isEqualTo(issued.notAfterMillis());
    assertThat(leaf.getNotAfter().toInstant()).isEqualTo("2026-03-01T13:00:01Z");
    assertThat(Duration.between(leaf.getNotBefore().toInstant(), Instant.ofEpochMilli(NOW)))
        .isBetween(Duration.ofMinutes(1), Duration.ofMinutes(5));
  }

  @Test
  void issue_instance_chainsToTheAuthorityAndToNoOther() throws Exception {
    X509Certificate leaf = leafOf(authority);
    CertificateAuthority other = CertificateAuthority.create(NOW, RANDOM);

    validate(leaf, authority);
    assertThatThrownBy(() -> validate(leaf, other)).hasMessageContaining("does not chain");
  }

  @Test
  void issue_runtime_hasOneUriAndTheNamesOfTheHost() throws Exception {
    LeafProfile profile = LeafProfile.ofRuntime(List.of("localhost", "box.example"));
    KeyPair pair = CertificateAuthority.newKeyPair(RANDOM);
    X509Certificate leaf = authority.issue(profile, pair.getPublic(), NOW).certificate();

    Collection<List<?>> names = leaf.getSubjectAlternativeNames();
    assertThat(List.copyOf(names))
        .isEqualTo(
            List.of(
                List.of(6, "spiffe://service-bridge/runtime"),
                List.of(2, "localhost"),
                List.of(2, "box.example"),
                List.of(7, "127.0.0.1"),
                List.of(7, "0:0:0:0:0:0:0:1")));
    assertThat(leaf.getExtendedKeyUsage()).containsExactlyInAnyOrder(CLIENT_AUTH, SERVER_AUTH);
    assertThat(Duration.ofMillis(leaf.getNotAfter().toInstant().toEpochMilli() - NOW).toDays())
        .isEqualTo(30);
  }

  @Test
  void signingWith_providerThatSigns_makesLeavesOfTheSameAuthority() throws Exception {
    CertificateAuthority other = authority.signingWith(new BouncyCastleProvider()).orElseThrow();

    validate(leafOf(other), authority);
    assertThat(other.certificate()).isEqualTo(authority.certificate());
  }

  @Test
  void signingWith_providerWithoutTheAlgorithm_isNotUsed() {
    assertThat(authority.signingWith(Security.getProvider("SunJCE"))).isEmpty();
  }

  @Test
  void issue_pastTheEndOfTheAuthority_endsWithIt() {
    long end = authority.certificate().getNotAfter().toInstant().toEpochMilli();
    LeafProfile profile = LeafProfile.ofInstance(SERVICE, INSTANCE, HOUR);
    PublicKey key = Requests.ecKey("secp256r1").getPublic();

    assertThat(authority.issue(profile, key, end - 60_000).notAfterMillis()).isEqualTo(end);
  }

  @Test
  void issue_often_neverRepeatsASerial() {
    PublicKey key = Requests.ecKey("secp256r1").getPublic();
    Set<BigInteger> serials = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      LeafProfile profile = LeafProfile.ofInstance(SERVICE, INSTANCE, HOUR);
      serials.add(authority.issue(profile, key, NOW).certificate().getSerialNumber());
    }

    assertThat(serials).hasSize(50).allMatch(serial -> serial.signum() > 0);
    assertThat(serials).allMatch(serial -> serial.bitLength() <= 159);
  }

  @Test
  void load_whatWasStored_signsForTheSameRoot() throws Exception {
    CertificateAuthority loaded =
        CertificateAuthority.load(
            "runtime_ca row 1", authority.certificateDer(), authority.keyDer(), NOW, RANDOM);

    assertThat(loaded.certificate()).isEqualTo(authority.certificate());
    validate(leafOf(loaded), authority);
  }

  @Test
  @Acceptance("WI-73")
  void load_unusableRow_isRefusedByName() throws Exception {
    byte[] certificate = authority.certificateDer();
    byte[] key = authority.keyDer();
    byte[] otherKey = CertificateAuthority.create(NOW, RANDOM).keyDer();
    byte[] damaged = certificate.clone();
    damaged[damaged.length - 1] ^= 1;
    long after = authority.certificate().getNotAfter().toInstant().toEpochMilli() + 1;

    assertRefused(new byte[] {1, 2, 3}, key, NOW, "cert_der does not parse");
    assertRefused(damaged, key, NOW, "cert_der");
    assertRefused(certificate, new byte[] {1, 2, 3}, NOW, "key_der does not parse");
    assertRefused(certificate, otherKey, NOW, "key_der does not match");
    assertRefused(certificate, key, after, "expired at 2046-03-01T12:00:00Z");
    assertRefused(leafOf(authority).getEncoded(), key, NOW, "cert_der");
  }

  private static void assertRefused(byte[] certificate, byte[] key, long now, String why) {
    assertThatThrownBy(
            () -> CertificateAuthority.load("runtime_ca row 1", certificate, key, now, RANDOM))
        .isInstanceOf(AuthorityException.class)
        .hasMessageContaining("runtime_ca row 1")
        .hasMessageContaining(why);
  }

  private static X509Certificate leafOf(CertificateAuthority authority) {
    LeafProfile profile = LeafProfile.ofInstance(SERVICE, INSTANCE, HOUR);
    return authority.issue(profile, Requests.ecKey("secp256r1").getPublic(), NOW).certificate();
  }

  private static void validate(X509Certificate leaf, CertificateAuthority root) throws Exception {
    PKIXParameters parameters =
        new PKIXParameters(Set.of(new TrustAnchor(root.certificate(), null)));
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(Instant.ofEpochMilli(NOW)));
    CertPathValidator.getInstance("PKIX")
        .validate(
            CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf)), parameters);
  }

  private static X509Certificate parse(byte[] der) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new java.io.ByteArrayInputStream(der));
  }
}
