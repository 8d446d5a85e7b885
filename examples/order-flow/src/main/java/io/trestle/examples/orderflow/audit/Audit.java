package io.trestle.examples.orderflow.audit;

import io.trestle.examples.orderflow.Connections;
import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.ServiceLife;
import io.trestle.examples.orderflow.v1.OrderEvent;
import io.trestle.sdk.EventContext;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.protobuf.ProtobufEvents;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * The process {@code audit}: keeps one entry of each event of an order, whatever it is called. An
 * event may be delivered more than once; its id is the key of the table, so a repeat is only
 * counted.
 */
public final class Audit {
  private static final int AT_ONCE = 4;

  private static final String CREATE =
      """
      CREATE TABLE IF NOT EXISTS entries (
        event_id    text PRIMARY KEY,
        event_name  text NOT NULL,
        order_id    text NOT NULL,
        ending      text NOT NULL,
        total_cents bigint NOT NULL,
        deliveries  integer NOT NULL DEFAULT 1,
        heard_at    timestamptz NOT NULL DEFAULT clock_timestamp()
      )""";

  /** Served by the primary key. */
  private static final String ENTER =
      """
      INSERT INTO entries (event_id, event_name, order_id, ending, total_cents)
      VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (event_id) DO UPDATE SET deliveries = entries.deliveries + 1""";

  private final DataSource source;

  Audit(DataSource source) {
    this.source = source;
  }

  /** Runs until the process is asked to end. */
  public static void main(String[] args) throws SQLException, InterruptedException {
    Environment environment = Environment.ofProcess();
    Connections database = Connections.of(environment);
    Audit audit = new Audit(database);
    audit.createTable();
    ServiceBridge bridge =
        ServiceBridge.builder(
                environment.text(Environment.RUNTIME), environment.text(Environment.KEY))
            .callerOnly()
            .build();
    audit.subscribe(bridge);
    ServiceLife.begin(bridge, database);
    ServiceLife.serve(bridge, "");
  }

  void subscribe(ServiceBridge bridge) {
    ProtobufEvents.of(bridge)
        .handle(
            "order.*",
            OrderEvent.class,
            this::enter,
            SubscriptionOptions.DEFAULT.withConcurrency(AT_ONCE));
  }

  void createTable() throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(CREATE);
    }
  }

  private void enter(OrderEvent order, EventContext context) throws SQLException {
    try (Connection connection = source.getConnection();
        PreparedStatement statement = connection.prepareStatement(ENTER)) {
      statement.setString(1, context.eventId());
      statement.setString(2, context.eventName());
      statement.setString(3, order.getOrderId());
      statement.setString(4, order.getEnd());
      statement.setLong(5, order.getTotalCents());
      statement.executeUpdate();
    }
  }
}
