package io.trestle.sdk.internal.session;

/** Where a session is. */
public enum SessionState {
  /** Not started. */
  IDLE("declarations are being made"),
  /** Getting a leaf by the key. */
  PROVISIONING("the key is being exchanged for a leaf"),
  /** Binding the Call server, whose address the first registration needs. */
  BINDING("the Call server is being bound"),
  /** The control stream is opening. */
  CONNECTING("the control stream is open, the welcome is awaited"),
  /** Welcomed, and registering for the first time in this session. */
  WELCOMED("the session exists, the first view is awaited"),
  /** In possession of a view. */
  READY("calls flow in both directions"),
  /** As before, but the runtime is about to leave. */
  DRAINING("the runtime said it will go"),
  /** Waiting before the next attempt. */
  BACKOFF("there is no session, the next attempt is awaited"),
  /** Leaving in order. */
  STOPPING("peers are told, running calls may finish"),
  /** The end that was asked for. */
  STOPPED("everything is closed"),
  /** The end that was not. */
  FAILED("a final verdict; only stop is left");

  private final String meaning;

  SessionState(String meaning) {
    this.meaning = meaning;
  }

  String meaning() {
    return meaning;
  }
}
