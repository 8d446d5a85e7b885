package io.trestle.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.pkcs.CertificationRequestInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.api.Test;

class CertificateRequestTest {
  private final KeyPair keys = CertificateRequest.newKeyPair();

  @Test
  void create_p256_anotherParserAgreesInEveryPart() throws Exception {
    byte[] der = CertificateRequest.create(keys);
    PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
    CertificationRequestInfo info = request.toASN1Structure().getCertificationRequestInfo();

    assertThat(info.getVersion().intValueExact()).isZero();
    assertThat(request.getSubject()).hasToString("CN=servicebridge-instance");
    assertThat(request.getSubject().getRDNs()).hasSize(1);
    assertThat(request.getSubject().getRDNs()[0].getFirst().getValue())
        .isInstanceOf(DERUTF8String.class);
    assertThat(request.getAttributes()).isEmpty();
    assertThat(request.getSignatureAlgorithm().getAlgorithm())
        .isEqualTo(X9ObjectIdentifiers.ecdsa_with_SHA256);
    assertThat(request.getSignatureAlgorithm().getParameters()).isNull();
    assertThat(new JcaPKCS10CertificationRequest(der).getPublicKey()).isEqualTo(keys.getPublic());
    assertThat(
            request.isSignatureValid(
                new JcaContentVerifierProviderBuilder().build(keys.getPublic())))
        .isTrue();
    assertThat(request.toASN1Structure().getEncoded(ASN1Encoding.DER)).isEqualTo(der);
  }

  @Test
  void create_anotherCurve_refused() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(384);
    KeyPair p384 = generator.generateKeyPair();
    assertThatThrownBy(() -> CertificateRequest.create(p384))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: P-256");
  }

  @Test
  void newKeyPair_twice_differs() {
    assertThat(CertificateRequest.newKeyPair().getPublic()).isNotEqualTo(keys.getPublic());
  }
}
