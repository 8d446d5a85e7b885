package io.trestle.protocol.transport;

import io.trestle.protocol.SpiffeId;
import io.vertx.core.http.HttpConnection;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection, by its certificate. Chain, validity and extended key
 * usage were judged in the handshake; here only the name is read.
 */
public sealed interface PeerIdentity {

  /**
   * Exactly one URI, and it is one of ours.
   *
   * @param id what the URI says
   * @param certificate the leaf it was read from
   */
  record Known(SpiffeId id, X509Certificate certificate) implements PeerIdentity {}

  /** The peer showed no certificate. */
  enum Anonymous implements PeerIdentity {
    /** The only one. */
    INSTANCE
  }

  /**
   * The certificate chains to the CA but names nobody we know.
   *
   * @param reason for a log; holds nothing secret
   */
  record Unusable(String reason) implements PeerIdentity {}

  /** The name of the peer, when it has one. */
  default Optional<SpiffeId> spiffeId() {
    return this instanceof Known known ? Optional.of(known.id()) : Optional.empty();
  }

  /**
   * The peer of a connection. The certificate is parsed once: the answer is kept in the TLS session
   * itself, so it lives exactly as long as the certificate it was read from, and there is no table
   * that could leak. Any thread.
   */
  static PeerIdentity of(HttpConnection connection) {
    return PeerNames.of(connection);
  }

  /** The peer of a TLS session, under the same rules. */
  static PeerIdentity of(@Nullable SSLSession session) {
    return PeerNames.of(session);
  }

  /** Reads the single URI among the subject alternative names; other kinds of names are ignored. */
  static PeerIdentity of(X509Certificate certificate) {
    return PeerNames.of(certificate);
  }
}
