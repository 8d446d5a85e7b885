package io.trestle.pki.core;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An authority as it was read from its row, checked to be usable. */
record StoredAuthority(X509Certificate certificate, PrivateKey key) {
  private static final String SIGNATURE = "SHA256withECDSA";
  private static final String ADVICE =
      "; restore the row from a backup (every bootstrap key pins this certificate, so a new one is never made)";

  static StoredAuthority check(String name, byte[] certificateDer, byte[] keyDer, long nowMillis) {
    X509Certificate certificate = parseCertificate(name, certificateDer);
    PrivateKey key = parseKey(name, keyDer);
    require(certificate.getBasicConstraints() >= 0, name, "cert_der is not a CA certificate");
    require(
        certificate.getPublicKey() instanceof ECPublicKey,
        name,
        "cert_der holds no EC key (expected: EC P-256)");
    require(
        isPair(certificate.getPublicKey(), key, null),
        name,
        "key_der does not match the public key in cert_der");
    Instant notAfter = certificate.getNotAfter().toInstant();
    require(notAfter.toEpochMilli() > nowMillis, name, "the certificate expired at " + notAfter);
    return new StoredAuthority(certificate, key);
  }

  private static X509Certificate parseCertificate(String name, byte[] der) {
    try {
      X509Certificate certificate =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(der));
      require(
          Arrays.equals(certificate.getEncoded(), der),
          name,
          "cert_der holds more than one DER certificate");
      certificate.verify(certificate.getPublicKey());
      return certificate;
    } catch (CertificateException e) {
      throw new AuthorityException(
          name + ": cert_der does not parse as one X.509 certificate in DER" + ADVICE);
    } catch (GeneralSecurityException e) {
      throw new AuthorityException(
          name
              + ": cert_der is damaged or not self-signed (its signature does not verify)"
              + ADVICE);
    }
  }

  private static PrivateKey parseKey(String name, byte[] der) {
    try {
      return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException e) {
      throw new AuthorityException(
          name + ": key_der does not parse as an unencrypted EC key in PKCS#8" + ADVICE);
    }
  }

  /** A probe, signed with one (by the provider, if there is one) and verified with the other. */
  static boolean isPair(PublicKey publicKey, PrivateKey privateKey, @Nullable Provider provider) {
    byte[] probe = {1, 2, 3, 4};
    try {
      Signature signer =
          provider == null
              ? Signature.getInstance(SIGNATURE)
              : Signature.getInstance(SIGNATURE, provider);
      signer.initSign(privateKey);
      signer.update(probe);
      byte[] signed = signer.sign();
      Signature verifier = Signature.getInstance(SIGNATURE);
      verifier.initVerify(publicKey);
      verifier.update(probe);
      return verifier.verify(signed);
    } catch (GeneralSecurityException | ProviderException e) {
      return false;
    }
  }

  private static void require(boolean good, String name, String problem) {
    if (!good) {
      throw new AuthorityException(name + ": " + problem + ADVICE);
    }
  }
}
