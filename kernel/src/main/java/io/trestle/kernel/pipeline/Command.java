package io.trestle.kernel.pipeline;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the core wants done; the driver does it in this order. */
sealed interface Command {

  /**
   * Commit these units as one transaction on the open connection, behind what is under way there,
   * and report the outcome.
   */
  record Send(List<Unit> units) implements Command {}

  /** The verdict of these units: null for committed. */
  record Settle(List<Unit> units, @Nullable WriteFailure failure) implements Command {}

  /** Drop the connection, if there is one, and open another after so many nanoseconds. */
  record Connect(long delay) implements Command {}

  /** Call {@code tick} at this time; replaces an earlier wish. */
  record Wake(long at) implements Command {}

  /** Tell whoever listens. */
  record Announce(LaneState state) implements Command {}

  /** The epoch is stale: the owner of the pipeline must stop. */
  record StopOwner() implements Command {}
}
