package io.trestle.sdk.internal.pki;

import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.transport.Identity;
import io.trestle.protocol.transport.PeerIdentity;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/**
 * The certificate of this instance with its key.
 *
 * @param id the service and the instance it names
 */
public record Leaf(Identity identity, SpiffeId.Service id) {

  /**
   * Takes an issued leaf, after checking that it is for our key, signed by our CA, and names a
   * service instance.
   *
   * @throws CertificateException if it is not
   */
  public static Leaf issued(KeyPair keys, byte[] der, X509Certificate ca)
      throws CertificateException {
    X509Certificate leaf = parse(der);
    try {
      leaf.verify(ca.getPublicKey());
    } catch (GeneralSecurityException e) {
      throw new CertificateException("the issued leaf is not signed by the CA of the key", e);
    }
    if (!leaf.getPublicKey().equals(keys.getPublic())) {
      throw new CertificateException("the issued leaf is for another key");
    }
    SpiffeId id = PeerIdentity.of(leaf).spiffeId().orElse(null);
    if (!(id instanceof SpiffeId.Service service)) {
      throw new CertificateException("the issued leaf names no service instance");
    }
    return new Leaf(Identity.of(keys.getPrivate(), leaf), service);
  }

  /** When it ends. */
  public Instant notAfter() {
    return identity.leaf().getNotAfter().toInstant();
  }

  /** Whether it has more than this left. */
  public boolean outlives(Instant now, Duration lead) {
    return Duration.between(now, notAfter()).compareTo(lead) > 0;
  }

  private static X509Certificate parse(byte[] der) throws CertificateException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }
}
