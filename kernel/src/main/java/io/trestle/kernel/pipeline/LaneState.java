package io.trestle.kernel.pipeline;

/** Whether a lane can write. */
public enum LaneState {
  /** Connected, and nothing is left over from an earlier loss. */
  AVAILABLE,
  /** Not connected, or a batch of an earlier loss has no verdict yet; new writes are refused. */
  AWAY
}
