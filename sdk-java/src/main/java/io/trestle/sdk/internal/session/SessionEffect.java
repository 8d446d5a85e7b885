package io.trestle.sdk.internal.session;

import io.trestle.sdk.BridgeEvent;
import io.trestle.sdk.ServiceBridgeException;
import java.time.Duration;

/** What the machine wants done. */
sealed interface SessionEffect {

  /** The timers of a session. */
  enum Timer {
    /** Bounds the start. */
    START,
    /** Bounds the wait for a welcome. */
    WELCOME,
    /** The pause before the next attempt. */
    BACKOFF,
    /** The pause before the registry stream is opened again. */
    REGISTRY,
    /** Bounds the stop. */
    STOP
  }

  /** Effects without a value. */
  enum Plain implements SessionEffect {
    /** Get a leaf. */
    PROVISION,
    /** Bind the Call server. */
    BIND,
    /** Open the control stream. */
    OPEN_CONTROL,
    /** Open the registry stream; if one is open, replace it. */
    OPEN_REGISTRY,
    /** Plan the renewal of the leaf. */
    PLAN_RENEWAL,
    /** Cancel streams, renewal, and all timers but those of start and stop. */
    CLOSE_SESSION,
    /** Tell the application that the start succeeded. */
    COMPLETE_START,
    /** Tell peers, refuse new calls, wait for running ones. */
    LEAVE,
    /** Close ports and channels; only a stop can follow. */
    CLOSE,
    /** Close all that is left, and tell the application when that is done. */
    SHUT_DOWN
  }

  /** Set a timer; a pending one of the name is replaced. */
  record Arm(Timer timer, Duration after) implements SessionEffect {}

  /** Cancel a timer. */
  record Disarm(Timer timer) implements SessionEffect {}

  /** Tell listeners. */
  record Announce(BridgeEvent event) implements SessionEffect {}

  /** Tell the application that the start failed. */
  record FailStart(ServiceBridgeException error) implements SessionEffect {}
}
