package io.trestle.protocol.transport;

import io.trestle.protocol.SpiffeId;

/**
 * The connection leads to somebody else than was asked for. Nothing of the call was sent. Without a
 * stack trace, since it tells of the network, not of our code.
 */
public final class WrongPeerException extends Exception {
  private static final long serialVersionUID = 1L;

  WrongPeerException(SpiffeId expected, PeerIdentity found) {
    super(message(expected, found), null, false, false);
  }

  private static String message(SpiffeId expected, PeerIdentity found) {
    String who =
        found instanceof PeerIdentity.Unusable unusable
            ? unusable.reason()
            : found.spiffeId().map(SpiffeId::uri).orElse("nobody");
    return "peer: " + who + " (expected: " + expected.uri() + ")";
  }
}
