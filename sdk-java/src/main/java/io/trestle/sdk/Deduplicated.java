package io.trestle.sdk;

import io.trestle.sdk.internal.events.HandledInMemory;
import io.trestle.sdk.internal.events.HandledInTable;
import javax.sql.DataSource;

/**
 * Handlers that see no event twice (events.md 12.1). The same event may be delivered again: after a
 * lost acknowledgement, a crash, a lease that ran out. What was handled is known by the id of the
 * event and the pattern of the handler; a repeat is acknowledged without running the handler.
 *
 * <pre>{@code
 * events.handle("order.placed", schema, Deduplicated.jdbc(dataSource,
 *     (order, context, transaction) -> insert(order, transaction)));
 * }</pre>
 */
public final class Deduplicated {
  /**
   * The table that {@link #jdbc} needs, to be made by the application. Rows older than events are
   * kept, 30 days with dead letters, may be deleted.
   */
  public static final String TABLE =
      """
      CREATE TABLE trestle_handled_events (
        event_id   VARCHAR(64)  NOT NULL,
        pattern    VARCHAR(255) NOT NULL,
        handled_at TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
        PRIMARY KEY (event_id, pattern)
      )""";

  private Deduplicated() {}

  /**
   * Remembers in memory, until the process ends: good enough against repeats of a moment, where an
   * instance handles what comes back to it.
   *
   * @param remembered how many events, the latest; 1 or more
   * @throws ConfigurationException if it is not
   */
  public static <T> EventHandler<T> inMemory(int remembered, EventHandler<T> handler) {
    if (remembered < 1) {
      throw new ConfigurationException("remembered: " + remembered + " (expected: 1 or more)");
    }
    return new HandledInMemory<>(remembered, handler);
  }

  /**
   * Remembers in a {@link #TABLE} of the application's database, in the transaction in which the
   * handler writes: either both are there or neither, whatever crashes. Each event has a connection
   * of its own while it is handled. Two instances that have the same event wait for each other.
   *
   * @param source gives connections
   */
  public static <T> EventHandler<T> jdbc(DataSource source, TransactionalHandler<T> handler) {
    return new HandledInTable<>(source, handler);
  }
}
