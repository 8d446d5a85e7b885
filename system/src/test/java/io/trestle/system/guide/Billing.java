package io.trestle.system.guide;

import io.trestle.sdk.Deduplicated;
import io.trestle.sdk.Events;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.SubscriptionOptions;
import java.nio.file.Path;
import java.time.Duration;
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

  private void audit(String event, Map<String, String> headers) {
    done.add("audit " + event + " " + headers);
  }

  private boolean bankIsClosed() {
    return done.isEmpty();
  }
}
