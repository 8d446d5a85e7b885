package io.trestle.system.guide;

import io.trestle.sdk.EventType;
import io.trestle.sdk.PublishOptions;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.outbox.FailedEvent;
import io.trestle.sdk.outbox.Outbox;
import io.trestle.sdk.outbox.jdbc.JdbcOutbox;
import io.trestle.sdk.outbox.sqlite.SqliteOutbox;
import io.trestle.sdk.outbox.sqlite.SqliteOutboxOptions;
import io.trestle.system.guide.OrderDesk.OrderPlaced;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** The outboxes of docs/guide/events.md. */
final class OrderOutboxes {
  private OrderOutboxes() {}

  static JdbcOutbox open(ServiceBridge bridge, DataSource dataSource) {
    JdbcOutbox.createTable(dataSource); // or postgresql.sql of the archive in your migrations
    return JdbcOutbox.open(bridge, dataSource);
  }

  static void place(
      DataSource dataSource, JdbcOutbox outbox, EventType<OrderPlaced> placed, OrderPlaced order)
      throws SQLException {
    try (Connection transaction = dataSource.getConnection()) {
      transaction.setAutoCommit(false);
      try (var insert = transaction.prepareStatement("INSERT INTO orders VALUES (?)")) {
        insert.setString(1, order.id());
        insert.executeUpdate();
      }
      outbox.publish(transaction, placed, order, PublishOptions.keyed("customer-7"));
      transaction.commit();
    }
    outbox.wake(); // at once; without it within about the time the transaction took
  }

  static String placeAtTheEdge(
      ServiceBridge bridge, Path directory, EventType<OrderPlaced> placed, OrderPlaced order) {
    try (SqliteOutbox outbox = SqliteOutbox.open(bridge, SqliteOutboxOptions.in(directory))) {
      bridge.start();
      return outbox.publish(placed, order, PublishOptions.keyed("customer-7"));
    }
  }

  static void retryAll(Outbox outbox) {
    for (FailedEvent failed : outbox.listFailed(100, "")) {
      System.out.println(failed.name() + " " + failed.id() + ": " + failed.lastError());
      outbox.retryFailed(failed.id()); // or discardFailed
    }
  }
}
