package io.trestle.sdk.outbox.jdbc;

import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.ServiceBridgeException;
import io.trestle.sdk.StateException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.internal.outbox.RelayedOutbox;
import io.trestle.sdk.outbox.EventCourier;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.Outbox;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.PreparedEvent;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/**
 * A transactional outbox (events.md 3.3): an event is a row that is written in the transaction of
 * the business data it tells of. Committed, it is sent until the runtime has decided about it, and
 * stored there once, whatever crashes; rolled back, it never was. PostgreSQL.
 *
 * <pre>{@code
 * EventType<byte[]> placed = bridge.events().define("order.placed");
 * JdbcOutbox.createTable(dataSource);
 * try (JdbcOutbox outbox = JdbcOutbox.open(bridge, dataSource)) {
 *   bridge.start();
 *   try (Connection transaction = dataSource.getConnection()) {
 *     transaction.setAutoCommit(false);
 *     insertOrder(transaction, order);
 *     outbox.publish(transaction, placed, json, PublishOptions.keyed(order.customer()));
 *     transaction.commit();
 *   }
 *   outbox.wake();
 * }
 * }</pre>
 *
 * <p>Any number of instances may have an outbox on the same table; each sends what it finds there,
 * and no row is sent by two at a time. While it sends, at most 10 s, a relay holds a transaction
 * with the rows locked. An instance without session leaves the table to the others.
 *
 * <p><b>Order.</b> Of the events of one partition key, one is sent when all earlier ones are
 * settled; earlier means committed before. So that this is known, {@link #publish} takes a lock of
 * the partition key until the transaction ends: of two transactions that publish under the same
 * key, the second waits. Two that publish under several keys in different order may deadlock; the
 * database then ends one of them (SQL state 40P01), which can be repeated. {@link
 * JdbcOutboxOptions#laneLocks} switches that off. Events without partition key have no order.
 */
public final class JdbcOutbox implements Outbox {
  private final JdbcStore store;
  private final RelayedOutbox outbox;

  private JdbcOutbox(EventCourier courier, JdbcStore store, String name) {
    this.store = store;
    this.outbox = new RelayedOutbox(name, courier, store, true);
  }

  /**
   * Makes the default table with its indexes unless it is there. The statements are the resource
   * {@code postgresql.sql} of this package, for those who migrate otherwise.
   *
   * @throws ServiceBridgeException {@code INTERNAL} if the database refuses
   */
  public static void createTable(DataSource source) {
    createTable(source, JdbcOutboxOptions.DEFAULT);
  }

  /** {@link #createTable(DataSource)} under another name. */
  public static void createTable(DataSource source, JdbcOutboxOptions options) {
    RelayedOutbox.tell(() -> Table.create(source, options.table()));
  }

  /** {@link #open(ServiceBridge, DataSource, JdbcOutboxOptions)} with the defaults. */
  public static JdbcOutbox open(ServiceBridge bridge, DataSource source) {
    return open(bridge, source, JdbcOutboxOptions.DEFAULT);
  }

  /**
   * Begins to send what is in the table, whoever wrote it, as soon as the bridge is connected.
   * Before or after the start of the bridge.
   *
   * @param source gives connections to the relay, one at a time; a pool. An idle outbox asks one
   *     query a second
   */
  public static JdbcOutbox open(
      ServiceBridge bridge, DataSource source, JdbcOutboxOptions options) {
    return open(EventCourier.of(bridge), source, options);
  }

  /** The same for events that leave in another way. */
  public static JdbcOutbox open(
      EventCourier courier, DataSource source, JdbcOutboxOptions options) {
    JdbcOutbox made = new JdbcOutbox(courier, new JdbcStore(source, options), options.table());
    made.outbox.start();
    return made;
  }

  /** {@link #publish(Connection, EventType, Object, PublishOptions)} with the defaults. */
  public <T> String publish(Connection transaction, EventType<T> type, T payload)
      throws SQLException {
    return publish(transaction, type, payload, PublishOptions.DEFAULT);
  }

  /**
   * Writes an event in a transaction. It is sent after the commit: at once if {@link #wake} is
   * called then; else within about as much time as passed between publish and commit, at most 1 s.
   *
   * @param transaction without auto-commit; neither committed nor closed here
   * @param type defined on the bridge of this outbox
   * @param options without idempotency key the id of the event is one; fire and forget is ignored
   * @return the id of the event
   * @throws SQLException if the row cannot be written; the transaction is to be rolled back
   * @throws StateException if the event was not defined, the connection commits by itself, or the
   *     outbox is closed
   * @throws ValidationException if the payload does not fit the schema, or the event is larger than
   *     4 MiB
   */
  public <T> String publish(
      Connection transaction, EventType<T> type, T payload, PublishOptions options)
      throws SQLException {
    if (transaction.getAutoCommit()) {
      throw new StateException(
          "transaction: a connection that commits by itself (expected: setAutoCommit(false) before)");
    }
    PreparedEvent event = outbox.prepare(type, payload, options);
    boolean keyed = !event.idempotencyKey().isEmpty();
    store.insert(transaction, keyed ? event : event.withIdempotencyKey(event.id()));
    outbox.expect();
    return event.id();
  }

  @Override
  public void wake() {
    outbox.wake();
  }

  @Override
  public OutboxStats stats() {
    return outbox.stats();
  }

  @Override
  public List<FailedEvent> listFailed(int limit, String afterId) {
    return outbox.listFailed(limit, afterId);
  }

  @Override
  public boolean retryFailed(String id) {
    return outbox.retryFailed(id);
  }

  @Override
  public boolean discardFailed(String id) {
    return outbox.discardFailed(id);
  }

  @Override
  public void close(Duration drain) {
    outbox.close(drain);
  }
}
