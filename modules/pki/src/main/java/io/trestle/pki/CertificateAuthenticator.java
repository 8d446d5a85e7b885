package io.trestle.pki;

import io.trestle.kernel.Clock;
import io.trestle.kernel.gateway.Authenticator;
import io.trestle.kernel.gateway.Caller;
import io.trestle.kernel.gateway.GrpcFailure;
import io.trestle.kernel.gateway.Headers;
import io.trestle.kernel.gateway.Peer;
import io.trestle.pki.InstanceStore.Leaf;
import io.trestle.pki.core.AccessState;
import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.StatusCode;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Admits the holders of leaves, on every call and from memory alone. The chain was verified by TLS;
 * what counts here is who it names and whether that one may still come in.
 */
final class CertificateAuthenticator implements Authenticator {
  private final AccessState state;
  private final LeafLedger ledger;
  private final Clock clock;

  CertificateAuthenticator(AccessState state, LeafLedger ledger, Clock clock) {
    this.state = state;
    this.ledger = ledger;
    this.clock = clock;
  }

  @Override
  public Caller authenticate(@Nullable Peer peer, Headers headers) {
    if (peer == null) {
      return Caller.ANONYMOUS;
    }
    if (!(peer.identity() instanceof SpiffeId.Service id)) {
      throw notAService();
    }
    UUID serviceId = uuid(id.serviceId());
    UUID instanceId = uuid(id.instanceId());
    long notAfter = peer.notAfterMillis();
    switch (state.judge(serviceId, instanceId, notAfter, clock.millis())) {
      case REVOKED -> throw revoked();
      case EXPIRED -> throw expired();
      case ADMIT_AND_RECORD -> ledger.shown(Leaf.of(instanceId, serviceId, notAfter));
      case ADMIT -> {}
    }
    return new Caller(serviceId, instanceId, Caller.Kind.SERVICE, Caller.Via.CERTIFICATE);
  }

  /** Only the form in which we write ids: peers compare them byte for byte. */
  private static UUID uuid(String text) {
    try {
      UUID id = UUID.fromString(text);
      if (id.toString().equals(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // Answered below.
    }
    throw notAService();
  }

  private static GrpcFailure notAService() {
    return GrpcFailure.of(
        StatusCode.UNAUTHENTICATED, "the client certificate names no instance of a service");
  }

  private static GrpcFailure revoked() {
    return GrpcFailure.of(StatusCode.UNAUTHENTICATED, AccessOwner.REVOKED_TEXT);
  }

  private static GrpcFailure expired() {
    return GrpcFailure.of(StatusCode.UNAVAILABLE, Sweeper.EXPIRED_TEXT);
  }
}
