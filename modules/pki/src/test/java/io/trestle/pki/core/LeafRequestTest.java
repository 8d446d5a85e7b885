package io.trestle.pki.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.Acceptance;
import io.trestle.protocol.CertificateRequest;
import java.security.KeyPair;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LeafRequestTest {
  private static final byte[] GOOD = Requests.good();

  /** BouncyCastle, the library where there is one, and one that cannot verify. */
  private static final List<Optional<Provider>> VERIFIERS =
      List.of(Optional.empty(), library(), Optional.of(Security.getProvider("SunJCE")));

  private static Optional<Provider> library() {
    return ServiceLoader.load(Provider.class).stream()
        .filter(provider -> provider.type().getName().contains("corretto"))
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.getService("Signature", "SHA256withECDSA") != null)
        .findFirst();
  }

  @Test
  void parse_requestOfAnSdk_givesItsKey() throws Exception {
    KeyPair key = Requests.ecKey("secp256r1");

    for (Optional<Provider> verifier : VERIFIERS) {
      assertThat(parse(Requests.good(key), verifier).publicKey()).isEqualTo(key.getPublic());
      assertThat(parse(CertificateRequest.create(key), verifier).publicKey())
          .isEqualTo(key.getPublic());
      for (String algorithm : List.of("SHA384withECDSA", "SHA512withECDSA")) {
        assertThat(parse(Requests.good(key, algorithm), verifier).publicKey())
            .isEqualTo(key.getPublic());
      }
    }
  }

  @Test
  @Acceptance("WI-05")
  void parse_foreignSubjectAndNames_leavesNoneOfThemInTheLeaf() throws Exception {
    KeyPair key = Requests.ecKey("secp256r1");
    LeafRequest request = LeafRequest.parse(Requests.pretentious(key), null);
    CertificateAuthority authority = CertificateAuthority.create(0, new SecureRandom());
    UUID service = UUID.randomUUID();
    UUID instance = UUID.randomUUID();
    var leaf =
        authority
            .issue(LeafProfile.ofInstance(service, instance, 3_600_000), request.publicKey(), 0)
            .certificate();

    assertThat(List.copyOf(leaf.getSubjectAlternativeNames()))
        .isEqualTo(
            List.of(
                List.of(
                    6, "spiffe://service-bridge/service/" + service + "/instance/" + instance)));
    assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("CN=" + instance);
  }

  @Test
  @Acceptance("WI-06")
  void parse_otherKindsOfKey_isMalformed() {
    assertMalformed(Requests.rsa(), "expected: EC P-256");
    assertMalformed(Requests.good(Requests.ecKey("secp384r1")), "expected: EC P-256");
  }

  @Test
  @Acceptance("WI-06")
  void parse_noRequest_isMalformed() {
    assertMalformed(new byte[0], "csr_der");
    assertMalformed(new byte[] {0x30, 0x00}, "csr_der");
    assertMalformed(Arrays.copyOf(GOOD, GOOD.length + 1), "csr_der");
    assertMalformed(Arrays.copyOf(GOOD, GOOD.length - 1), "csr_der");
  }

  @Property(tries = 300)
  void parse_anyFlippedBit_isMalformedOrTheSameKey(
      @ForAll @IntRange(max = 10_000) int position, @ForAll @IntRange(max = 7) int bit)
      throws Exception {
    byte[] damaged = GOOD.clone();
    damaged[position % damaged.length] ^= (byte) (1 << bit);
    for (Optional<Provider> verifier : VERIFIERS) {
      try {
        LeafRequest accepted = parse(damaged, verifier);
        assertThat(accepted).isEqualTo(parse(GOOD, verifier));
      } catch (MalformedRequestException e) {
        assertThat(e).hasMessageContaining("csr_der");
      }
    }
  }

  @Test
  @Acceptance("WI-06")
  void parse_signatureOfAnotherKey_isMalformed() {
    assertMalformed(
        Requests.borrowed(Requests.ecKey("secp256r1"), Requests.ecKey("secp256r1")),
        "csr_der: its signature does not verify");
  }

  private static LeafRequest parse(byte[] der, Optional<Provider> verifier)
      throws MalformedRequestException {
    return LeafRequest.parse(der, verifier.orElse(null));
  }

  private static void assertMalformed(byte[] der, String why) {
    for (Optional<Provider> verifier : VERIFIERS) {
      assertThatThrownBy(() -> parse(der, verifier))
          .isInstanceOf(MalformedRequestException.class)
          .hasMessageContaining(why);
    }
  }
}
