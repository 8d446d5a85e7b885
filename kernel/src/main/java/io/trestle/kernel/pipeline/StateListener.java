package io.trestle.kernel.pipeline;

/** Hears of each change of a lane. */
@FunctionalInterface
public interface StateListener {
  /** Called once per change, on the lane's event loop: must not block. */
  void changed(Lane lane, LaneState state);
}
