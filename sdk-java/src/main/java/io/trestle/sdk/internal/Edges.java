package io.trestle.sdk.internal;

import io.trestle.sdk.BridgeIdentity;
import io.trestle.sdk.TraceWatch;
import io.trestle.sdk.WatchOptions;
import io.trestle.sdk.internal.call.Outgoing;
import io.trestle.sdk.internal.events.DeadLetterBox;
import io.trestle.sdk.internal.events.EventPost;
import io.trestle.sdk.internal.events.Outlet;
import io.trestle.sdk.internal.registry.RegistryView;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What connects a started bridge with the fleet: the network, or in tests the memory. */
interface Edges {
  /** Starts, once; the outcome is told to the future the edges were made with. */
  void start();

  /**
   * Stops.
   *
   * @param again whether that was asked before
   */
  CompletableFuture<Void> stop(boolean again);

  /** The declarations have changed. */
  void redeclare();

  /** Who this instance is, while it is connected. */
  Optional<BridgeIdentity> identity();

  /** The fleet as it is seen. */
  RegistryView view();

  /** Makes calls. */
  Outgoing caller();

  /** Takes events. */
  Outlet outlet();

  /** Watches a trace. */
  TraceWatch watchTrace(String traceId, WatchOptions options);

  /** Sends events that are prepared. */
  EventPost post();

  /** Has what could not be handled. */
  DeadLetterBox deadLetters();
}
