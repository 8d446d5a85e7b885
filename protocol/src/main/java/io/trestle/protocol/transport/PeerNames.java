package io.trestle.protocol.transport;

import io.trestle.protocol.SpiffeId;
import io.vertx.core.http.HttpConnection;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Reads peer identities, once per TLS session. */
final class PeerNames {
  private static final String SESSION_KEY = PeerIdentity.class.getName();
  private static final Integer URI_NAME = 6;

  private PeerNames() {}

  static PeerIdentity of(HttpConnection connection) {
    return of(connection.sslSession());
  }

  static PeerIdentity of(@Nullable SSLSession session) {
    if (session == null) {
      return PeerIdentity.Anonymous.INSTANCE;
    }
    if (session.getValue(SESSION_KEY) instanceof PeerIdentity cached) {
      return cached;
    }
    X509Certificate leaf = leaf(session);
    PeerIdentity identity = leaf == null ? PeerIdentity.Anonymous.INSTANCE : of(leaf);
    session.putValue(SESSION_KEY, identity);
    return identity;
  }

  static PeerIdentity of(X509Certificate certificate) {
    Collection<List<?>> names;
    try {
      names = certificate.getSubjectAlternativeNames();
    } catch (CertificateParsingException e) {
      return new PeerIdentity.Unusable("subject alternative names do not parse");
    }
    return names == null ? noUri() : fromNames(names, certificate);
  }

  private static PeerIdentity fromNames(Collection<List<?>> names, X509Certificate certificate) {
    String uri = null;
    for (List<?> name : names) {
      if (URI_NAME.equals(name.get(0))) {
        if (uri != null) {
          return new PeerIdentity.Unusable("more than one URI name");
        }
        uri = String.valueOf(name.get(1));
      }
    }
    if (uri == null) {
      return noUri();
    }
    Optional<SpiffeId> id = SpiffeId.parse(uri);
    return id.isPresent()
        ? new PeerIdentity.Known(id.get(), certificate)
        : new PeerIdentity.Unusable("foreign URI name");
  }

  private static PeerIdentity noUri() {
    return new PeerIdentity.Unusable("no URI name");
  }

  private static @Nullable X509Certificate leaf(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length == 0 ? null : (X509Certificate) chain[0];
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }
}
