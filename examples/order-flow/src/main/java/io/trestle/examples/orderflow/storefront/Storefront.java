package io.trestle.examples.orderflow.storefront;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trestle.examples.orderflow.Connections;
import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.ServiceLife;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.outbox.OutboxStats;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;

/**
 * The process {@code storefront}: takes orders over HTTP, calls, and publishes what became of them;
 * nobody calls it.
 */
public final class Storefront {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private Storefront() {}

  /** Runs until the process is asked to end. */
  public static void main(String[] args) throws IOException, SQLException, InterruptedException {
    Environment environment = Environment.ofProcess();
    ServiceBridge bridge =
        ServiceBridge.builder(
                environment.text(Environment.RUNTIME), environment.text(Environment.KEY))
            .callerOnly()
            .build();
    CallBook book = new CallBook();
    Repetition repetition = new Repetition(PATIENCE);
    OrderDesk orders = new OrderDesk(bridge, book, repetition);
    RefundDesk refunds = new RefundDesk(bridge, book, repetition);
    Connections database = Connections.of(environment);
    OrderBook orderBook = new OrderBook(bridge, database);
    StorefrontHttp http =
        new StorefrontHttp(
            new Checkout(orders, orderBook::record),
            refunds,
            () -> stats(book, orderBook.outbox()),
            environment.port(Environment.HTTP_PORT));
    ServiceLife.begin(bridge, () -> close(http, orderBook), database);
    http.start();
    ServiceLife.serve(bridge, http.url());
  }

  private static ObjectNode stats(CallBook book, OutboxStats outbox) {
    ObjectNode stats = book.json();
    stats.putObject("outbox").put("pending", outbox.pending()).put("failed", outbox.failed());
    return stats;
  }

  /** No more orders first, so that the outbox can come to an end. */
  private static void close(StorefrontHttp http, OrderBook orders) {
    http.close();
    orders.close();
  }
}
