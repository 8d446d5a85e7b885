package io.trestle.system.wire;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The checks of wire.md 3.5 and 3.7 in their order: chain to the one pinned CA, extended key usage,
 * exactly one URI name and the right one. Host names are not looked at. It remembers what it saw,
 * refused or not.
 */
final class PinnedTrust extends X509ExtendedTrustManager {
  private final X509Certificate ca;
  private final @Nullable String expectedUri;
  private volatile @Nullable X509Certificate seen;
  private volatile String alpn = "";

  /**
   * Trust in one CA.
   *
   * @param expectedUri whom the other end must be; null for anybody with one URI name
   */
  PinnedTrust(X509Certificate ca, @Nullable String expectedUri) {
    this.ca = ca;
    this.expectedUri = expectedUri;
  }

  /** The leaf that the other end showed last. */
  X509Certificate seen() {
    X509Certificate leaf = seen;
    if (leaf == null) {
      throw new AssertionError("nobody showed a certificate");
    }
    return leaf;
  }

  /** What was negotiated beside it. */
  String alpn() {
    return alpn;
  }

  private void check(X509Certificate[] chain, String purpose) throws CertificateException {
    X509Certificate leaf = chain[0];
    seen = leaf;
    checkChain(leaf);
    if (!Certificates.purposes(leaf).contains(purpose)) {
      throw new CertificateException("extended key usage without " + purpose);
    }
    List<String> uris = Certificates.uris(leaf);
    if (uris.size() != 1) {
      throw new CertificateException(uris.size() + " URI names (expected: exactly 1)");
    }
    if (expectedUri != null && !uris.get(0).equals(expectedUri)) {
      throw new CertificateException(uris.get(0) + " (expected: " + expectedUri + ")");
    }
  }

  private void checkChain(X509Certificate leaf) throws CertificateException {
    try {
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(ca, null)));
      parameters.setRevocationEnabled(false);
      var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf));
      CertPathValidator.getInstance("PKIX").validate(path, parameters);
    } catch (GeneralSecurityException e) {
      throw new CertificateException("no chain to the pinned CA", e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    alpn = String.valueOf(engine.getHandshakeApplicationProtocol());
    check(chain, Certificates.SERVER_AUTH);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    alpn = String.valueOf(engine.getHandshakeApplicationProtocol());
    check(chain, Certificates.CLIENT_AUTH);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    alpn = String.valueOf(((SSLSocket) socket).getHandshakeApplicationProtocol());
    check(chain, Certificates.SERVER_AUTH);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, Certificates.CLIENT_AUTH);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, Certificates.SERVER_AUTH);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, Certificates.CLIENT_AUTH);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[] {ca};
  }
}
