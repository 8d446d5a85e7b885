package io.trestle.examples.orderflow.storefront;

import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * Takes an order to its end and writes that down. A storefront that dies in between has charged an
 * order that is not in its book; placed again, it is found charged, and written then. Any number of
 * threads.
 */
final class Checkout {
  private final OrderDesk desk;
  private final Records records;

  Checkout(OrderDesk desk, Records records) {
    this.desk = desk;
    this.records = records;
  }

  /** Where ends are written; {@link OrderBook#record}. */
  @FunctionalInterface
  interface Records {
    Optional<Instant> record(Order order, Placed end) throws SQLException;
  }

  /**
   * What the customer is told.
   *
   * @param recorded when it was written; empty when it was not, or had been before
   */
  record Receipt(Placed placed, Optional<Instant> recorded) {}

  /** Blocks. An end that is not known, and one that cannot be written, is a failure. */
  Receipt place(Order order) {
    Placed placed = desk.place(order);
    if (placed.end() == End.FAILED) {
      return new Receipt(placed, Optional.empty());
    }
    try {
      return new Receipt(placed, records.record(order, placed));
    } catch (SQLException e) {
      return new Receipt(placed.unrecorded(e), Optional.empty());
    }
  }
}
