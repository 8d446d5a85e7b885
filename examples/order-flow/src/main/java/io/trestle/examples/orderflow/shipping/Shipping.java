package io.trestle.examples.orderflow.shipping;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.trestle.examples.orderflow.Connections;
import io.trestle.examples.orderflow.Environment;
import io.trestle.examples.orderflow.ServiceLife;
import io.trestle.examples.orderflow.v1.OrderEvent;
import io.trestle.sdk.Deduplicated;
import io.trestle.sdk.EventContext;
import io.trestle.sdk.EventHandler;
import io.trestle.sdk.RetryPolicy;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.SubscriptionOptions;
import io.trestle.sdk.protobuf.ProtobufEvents;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * The process {@code shipping}: makes a parcel of each order that was placed and is worth one;
 * smaller ones are fetched at the shop. It cannot make one for a customer whose address it does not
 * have, and a page of its address book is missing until somebody publishes that it was found.
 */
public final class Shipping {
  /** Total of an order from which on it is sent. */
  public static final int PARCEL_FROM_CENTS = 4_000;

  /** Page of the address book that is missing at first: customers whose names begin so. */
  public static final String MISSING_PAGE = "Z";

  /** That a page was found: {@code {"page": "Z"}}. */
  public static final String PAGE_FOUND = "addresses.found";

  /** Few and fast, so that the demo soon has dead letters. */
  private static final RetryPolicy TRIES =
      new RetryPolicy(3, Duration.ofMillis(200), 2, Duration.ofSeconds(1), 0.2);

  private static final int AT_ONCE = 4;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ParcelStore store;
  private final EventHandler<OrderEvent> once;

  Shipping(ParcelStore store, Connections database) {
    this.store = store;
    this.once = Deduplicated.jdbc(database, this::ship);
  }

  /** Runs until the process is asked to end. */
  public static void main(String[] args) throws SQLException, InterruptedException {
    Environment environment = Environment.ofProcess();
    Connections database = Connections.of(environment);
    ParcelStore store = new ParcelStore(database);
    store.createTables(MISSING_PAGE);
    ServiceBridge bridge =
        ServiceBridge.builder(
                environment.text(Environment.RUNTIME), environment.text(Environment.KEY))
            .callerOnly()
            .build();
    new Shipping(store, database).subscribe(bridge);
    ServiceLife.begin(bridge, database);
    ServiceLife.serve(bridge, "");
  }

  /** The runtime tries the filter, so orders that are not worth a parcel never come here. */
  void subscribe(ServiceBridge bridge) {
    ProtobufEvents.of(bridge)
        .handle(
            "order.placed",
            OrderEvent.class,
            this::arrived,
            SubscriptionOptions.filtered(Map.of("$.totalCents", Map.of("$gte", PARCEL_FROM_CENTS)))
                .withRetryPolicy(TRIES)
                .withConcurrency(AT_ONCE));
    bridge.events().handle(PAGE_FOUND, (payload, context) -> found(payload));
  }

  /** Counted whatever becomes of it, for the figures of the demo. */
  private void arrived(OrderEvent order, EventContext context) throws Exception {
    store.arrived(context.eventId(), order.getOrderId());
    once.handle(order, context);
  }

  /** In the transaction that also remembers the event; thrown out of it, neither is there. */
  private void ship(OrderEvent order, EventContext context, Connection transaction)
      throws SQLException {
    String page = order.getCustomer().substring(0, 1);
    if (store.isMissing(transaction, page)) {
      throw new IllegalStateException(
          "no address of %s: page %s of the address book is missing"
              .formatted(order.getCustomer(), page));
    }
    store.ship(transaction, context.eventId(), order.getOrderId());
  }

  private void found(byte[] payload) throws IOException, SQLException {
    store.found(MAPPER.readTree(payload).path("page").asText());
  }
}
