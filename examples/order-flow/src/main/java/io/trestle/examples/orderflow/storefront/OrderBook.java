package io.trestle.examples.orderflow.storefront;

import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.v1.OrderEvent;
import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.outbox.OutboxStats;
import io.trestle.sdk.outbox.jdbc.JdbcOutbox;
import io.trestle.sdk.protobuf.ProtobufEvents;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * The table of orders, and the events that tell of them. Both are written in one transaction, so
 * that neither is ever there without the other: an order whose event is lost would never be
 * shipped, and an event without order would ship something that nobody bought. What sends the event
 * to the runtime afterwards, as often as it takes, is the outbox. Any number of threads.
 */
final class OrderBook implements AutoCloseable {
  private static final String CREATE =
      """
      CREATE TABLE IF NOT EXISTS orders (
        order_id    text PRIMARY KEY,
        customer    text NOT NULL,
        ending      text NOT NULL,
        total_cents bigint NOT NULL,
        ended_at    timestamptz NOT NULL DEFAULT now()
      )""";

  /** Served by the primary key. An order that was completed stays so. */
  private static final String RECORD =
      """
      INSERT INTO orders (order_id, customer, ending, total_cents) VALUES (?, ?, ?, ?)
      ON CONFLICT (order_id) DO UPDATE
      SET ending = excluded.ending, total_cents = excluded.total_cents, ended_at = now()
      WHERE orders.ending NOT IN ('completed', excluded.ending)""";

  private final DataSource source;
  private final EventType<OrderEvent> placed;
  private final EventType<OrderEvent> refused;
  private final JdbcOutbox outbox;

  /** On a bridge that is not started yet: it is told what is published. */
  OrderBook(ServiceBridge bridge, DataSource source) throws SQLException {
    this.source = source;
    ProtobufEvents events = ProtobufEvents.of(bridge);
    this.placed = events.define("order.placed", OrderEvent.class);
    this.refused = events.define("order.refused", OrderEvent.class);
    createTable();
    JdbcOutbox.createTable(source);
    this.outbox = JdbcOutbox.open(bridge, source);
  }

  /**
   * Writes the end of an order and its event, unless it has been written before.
   *
   * @return when it was committed; empty when there was nothing new
   */
  Optional<Instant> record(Order order, Placed end) throws SQLException {
    try (Connection transaction = source.getConnection()) {
      transaction.setAutoCommit(false);
      if (!insert(transaction, order, end)) {
        return Optional.empty(); // whoever wrote it published it
      }
      outbox.publish(
          transaction,
          end.end() == End.COMPLETED ? placed : refused,
          event(order, end),
          PublishOptions.keyed(order.customer()));
      transaction.commit();
    }
    Instant committed = Instant.now();
    outbox.wake();
    return Optional.of(committed);
  }

  /** What is in the outbox now. */
  OutboxStats outbox() {
    return outbox.stats();
  }

  /** To be called before the bridge stops. */
  @Override
  public void close() {
    outbox.close();
  }

  private void createTable() throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(CREATE);
    }
  }

  private static boolean insert(Connection transaction, Order order, Placed end)
      throws SQLException {
    try (PreparedStatement statement = transaction.prepareStatement(RECORD)) {
      statement.setString(1, order.id());
      statement.setString(2, order.customer());
      statement.setString(3, end.end().text());
      statement.setLong(4, end.totalCents());
      return statement.executeUpdate() == 1;
    }
  }

  private static OrderEvent event(Order order, Placed end) {
    return OrderEvent.newBuilder()
        .setOrderId(order.id())
        .setCustomer(order.customer())
        .setEnd(end.end().text())
        .setTotalCents((int) Math.min(end.totalCents(), Integer.MAX_VALUE))
        .build();
  }
}
