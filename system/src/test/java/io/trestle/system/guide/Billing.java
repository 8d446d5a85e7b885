package io.trestle.system.guide;

import io.trestle.sdk.DeadLetters;
import io.trestle.sdk.Deduplicated;
import io.trestle.sdk.Events;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.SubscriptionOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** The consumer of docs/guide/events.md. */
final class Billing {
  final List<String> done = new CopyOnWriteArrayList<>();

  void declare(ServiceBridge bridge, Path schemas) {
    Events events = bridge.events();

    events.handle(
        "order.placed",
        OrderDesk.orderPlaced(schemas),
        (order, context) -> bill(order.id(), order.totalCents()),
        SubscriptionOptions.filtered(Map.of("$.currency", "EUR")).withConcurrency(4));

    events.handle("order.#", (payload, context) -> audit(context.eventName(), context.headers()));
  }

  void declareCareful(ServiceBridge bridge, Path schemas) {
    bridge
        .events()
        .handle(
            "order.placed",
            OrderDesk.orderPlaced(schemas),
            (order, context) -> {
              if (order.totalCents() <= 0) {
                throw context.reject("nothing to bill");
              }
              if (bankIsClosed()) {
                throw context.retry(Duration.ofMinutes(10));
              }
              bill(order.id(), order.totalCents());
            },
            SubscriptionOptions.DEFAULT.withRetryPolicy(RetryPolicy.DEFAULT.withMaxAttempts(10)));
  }

  void declareReminders(ServiceBridge bridge, Path schemas) {
    bridge
        .events()
        .handle(
            "order.*",
            OrderDesk.orderPlaced(schemas),
            (order, context) -> remind(order.id()),
            SubscriptionOptions.DEFAULT.withGroup("reminders").withTtl(Duration.ofHours(1)));
  }

  static List<String> sendAgain(ServiceBridge bridge) {
    DeadLetters dead = bridge.events().deadLetters();
    List<String> sent = new ArrayList<>();
    for (DeadLetters.DeadLetter letter : dead.list().entries()) {
      if (letter.reason().equals("rejected")) {
        sent.add(dead.replay(letter.eventId()));
      }
    }
    return sent;
  }

  static void createTables(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE bills (id TEXT)");
      statement.execute(Deduplicated.TABLE); // or in your migrations
    }
  }

  void declareOnce(ServiceBridge bridge, Path schemas, DataSource dataSource) {
    bridge
        .events()
        .handle(
            "order.placed",
            OrderDesk.orderPlaced(schemas),
            Deduplicated.jdbc(
                dataSource,
                (order, context, transaction) -> {
                  try (var insert = transaction.prepareStatement("INSERT INTO bills VALUES (?)")) {
                    insert.setString(1, order.id());
                    insert.executeUpdate();
                  }
                }));
  }

  private void bill(String order, long cents) {
    done.add("bill " + order + " " + cents);
  }

  private void remind(String order) {
    done.add("remind " + order);
  }

  private void audit(String event, Map<String, String> headers) {
    done.add("audit " + event + " " + headers);
  }

  private boolean bankIsClosed() {
    return done.isEmpty();
  }
}
