package io.trestle.sdk.internal.inbound;

import io.trestle.protocol.SpiffeId;
import io.trestle.protocol.wire.CallStatus;
import io.trestle.protocol.wire.Frames;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One inbound call as the {@link Dispatcher} sees it: who asks, and where the answer goes. */
interface Exchange {
  /** Who asks, as it is proven. */
  Optional<SpiffeId> caller();

  /** Whether the caller expects a stream. */
  boolean streaming();

  /** The time the caller gave, in nanoseconds; negative for none. */
  long timeoutNanos();

  /** The trace in the metadata. */
  @Nullable String trace();

  /**
   * The call has a place, or waits for one. The action runs when nobody waits for the answer any
   * more; at once if that is so.
   */
  void entered(Runnable action);

  /** The call will not run. */
  void withdrawn();

  /** Answers with a message; any thread. */
  void finish(Frames.Body body);

  /** Answers with a status; any thread. */
  void finish(CallStatus status);

  /**
   * Sends one message of a stream; any thread.
   *
   * @param gone runs when the next one may follow, or none will
   */
  void chunk(Frames.Body body, Runnable gone);

  /** Ends a stream well; any thread. */
  void finishStream();
}
