package io.trestle.examples.orderflow.demo;

import java.util.List;

/**
 * The rows of the example's own table that belong to the fed orders.
 *
 * @param rows all of them; two of one order would be a charge too many
 */
record Ledger(List<Row> rows) {

  /** Copies the list. */
  Ledger {
    rows = List.copyOf(rows);
  }

  /**
   * A charge.
   *
   * @param instanceId who made it
   * @param refused how many further charges of the order were refused
   * @param refunded whether it was given back
   */
  record Row(String orderId, long amountCents, String instanceId, int refused, boolean refunded) {}

  long totalCents() {
    return rows.stream().mapToLong(Row::amountCents).sum();
  }

  long refused() {
    return rows.stream().mapToLong(Row::refused).sum();
  }

  long refunded() {
    return rows.stream().filter(Row::refunded).count();
  }

  /** Orders with more than one row. */
  List<String> chargedTwice() {
    return rows.stream()
        .map(Row::orderId)
        .filter(id -> rows.stream().filter(row -> row.orderId().equals(id)).count() > 1)
        .distinct()
        .sorted()
        .toList();
  }

  /** How many charges an instance made. */
  long madeBy(String instanceId) {
    return rows.stream().filter(row -> row.instanceId().equals(instanceId)).count();
  }
}
