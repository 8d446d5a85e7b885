package io.trestle.pki.core;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;

/** A certificate fresh from an authority. */
public record IssuedCertificate(X509Certificate certificate) {
  /** DER, as it travels. */
  public byte[] der() {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a parsed certificate has no encoding", e);
    }
  }

  /** Unix milliseconds of its expiry, whole seconds. */
  public long notAfterMillis() {
    return certificate.getNotAfter().toInstant().toEpochMilli();
  }
}
