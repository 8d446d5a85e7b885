package io.trestle.pki.core;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;

/**
 * A certificate fresh from an authority.
 *
 * @param der as it travels
 * @param notAfterMillis Unix milliseconds of its expiry, whole seconds
 */
public record IssuedCertificate(byte[] der, long notAfterMillis) {
  /** The same, parsed, for who shows it. */
  public X509Certificate certificate() {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new IllegalStateException("a fresh certificate does not parse", e);
    }
  }
}
