package io.trestle.sdk.internal.call;

/** A streamed answer that is being received. */
interface Chunks {
  /** What has arrived. */
  Inbox inbox();

  /** The application leaves; any thread. */
  void cancel();
}
