package io.trestle.kernel.pipeline;

import io.vertx.sqlclient.Tuple;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One connection of a lane, as the database knows it (table {@code pipeline_lines}): only the
 * newest may write. Confined to the lane's event loop.
 */
final class Line {
  private static final int LOCKS_PER_KERNEL = 1 << 2;

  private final Fence fence;
  private final int lock;
  private final long id = ThreadLocalRandom.current().nextLong();
  private boolean taken;

  Line(Fence fence, Lane lane) {
    int kernel = Math.floorMod(fence.kernelId().hashCode(), Integer.MAX_VALUE / LOCKS_PER_KERNEL);
    this.fence = fence;
    this.lock = kernel * LOCKS_PER_KERNEL + lane.lockNumber();
  }

  /** The advisory lock of the lane. */
  int lock() {
    return lock;
  }

  /** Whether a batch of this connection was committed, and with it the claim to the lane. */
  boolean taken() {
    return taken;
  }

  /** A batch of this connection was committed. */
  void take() {
    taken = true;
  }

  /** The row of {@code pipeline_lines}. */
  Tuple row() {
    return Tuple.of(fence.kernelId(), lock, id);
  }

  /** Appends the arguments of {@code pipeline_fence}. */
  Tuple addTo(Tuple arguments) {
    return arguments.addValue(fence.kernelId()).addValue(fence.epoch()).addValue(lock).addValue(id);
  }
}
