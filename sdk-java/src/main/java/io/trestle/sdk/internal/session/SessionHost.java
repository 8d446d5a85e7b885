package io.trestle.sdk.internal.session;

import io.trestle.protocol.v1.RegisterRequest;
import io.trestle.sdk.internal.pki.Leaf;
import io.vertx.core.Future;
import java.util.List;

/** What a session needs of the rest of the bridge. Called on the lane of the session. */
public interface SessionHost {

  /** Shows this leaf in every handshake from now on, as client and as server. */
  void useLeaf(Leaf leaf);

  /** Binds the Call server, if there is to be one. */
  Future<Void> bind(Leaf leaf);

  /**
   * What to register.
   *
   * @param leaving without a call endpoint
   */
  RegisterRequest registration(boolean leaving);

  /** The view has changed: lets go of channels it does not allow any more. */
  void viewChanged();

  /**
   * The runtime has welcomed this instance.
   *
   * @param features what it offers beyond the protocol
   */
  void welcomed(List<String> features);

  /** The registry knows this instance, and has told its view: deliveries may come. */
  void registered();

  /** The session is gone; streams that belong to it end. */
  void sessionClosed();

  /** Refuses new calls and deliveries; completes when none runs, and nothing waits to be sent. */
  Future<Void> drain();

  /** Closes ports and channels, and fails calls that wait. */
  Future<Void> close();

  /** Closes everything, threads included. */
  Future<Void> shutDown();
}
