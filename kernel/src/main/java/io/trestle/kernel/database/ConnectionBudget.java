package io.trestle.kernel.database;

/**
 * How {@code pool_max_conns} is divided; the sum never exceeds it (foundation.md 2.4, wire.md 8.2).
 *
 * <p>One connection does both the leader lock and LISTEN, whatever the budget: both are session
 * state of one process, both are lost and regained together, and after either loss everything is
 * read again anyway. One code path for 4 as for 100, and with the minimum of 4 there is still one
 * connection for queries: control 1, lanes 2, pool 1. Migrations run before the pool and the lanes
 * connect and use at most {@link #MIGRATIONS} connections besides the control one.
 *
 * @param total {@code pool_max_conns}
 */
public record ConnectionBudget(int total) {
  /** The least that works; below it the start is refused by name. */
  public static final int MINIMUM = 4;

  /** Leader lock, LISTEN, heartbeat and probes. */
  static final int CONTROL = 1;

  /** Connections of the write pipeline: lanes durable and bulk. */
  public static final int LANES = 2;

  /** The most that the migrations open at a time, while pool and lanes are not connected yet. */
  static final int MIGRATIONS = 3;

  /** Checks the total. */
  public ConnectionBudget {
    if (total < MINIMUM) {
      throw new DatabaseFailure(
          DatabaseFailure.Kind.CONFIGURATION,
          "pool_max_conns: " + total + " (expected: at least " + MINIMUM + ")");
    }
  }

  /** Size of the query pool: the rest. */
  public int pool() {
    return total - CONTROL - LANES;
  }
}
