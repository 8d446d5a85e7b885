package io.trestle.examples.orderflow.demo;

import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;

/**
 * The databases of the services, one each, and what the demo reads there when all is over. Every
 * statement is sequential: a demo's worth of rows.
 */
record Databases(
    ExampleDatabase storefront,
    ExampleDatabase payments,
    ExampleDatabase shipping,
    ExampleDatabase audit) {
  private static final String CHARGES =
      """
      SELECT order_id, amount_cents, instance_id, refused, refunded_at IS NOT NULL
      FROM charges WHERE order_id = ANY (?)""";

  private static final String ORDERS =
      "SELECT order_id, ending FROM orders WHERE order_id = ANY (?)";

  private static final String ENTRIES =
      """
      SELECT event_name, order_id, ending, deliveries, heard_at
      FROM entries WHERE order_id = ANY (?)""";

  private static final String ARRIVALS =
      "SELECT event_id, order_id, deliveries FROM arrivals WHERE order_id = ANY (?)";

  private static final String PARCELS =
      "SELECT order_id, packed_at FROM parcels WHERE order_id = ANY (?)";

  private static final String FOUND_PAGES =
      "SELECT page FROM address_pages WHERE page = ANY (?) AND NOT missing";

  /** Makes them. */
  static Databases create(Path embedded) {
    return new Databases(
        ExampleDatabase.create(embedded, "order_flow_storefront"),
        ExampleDatabase.create(embedded, "order_flow"),
        ExampleDatabase.create(embedded, "order_flow_shipping"),
        ExampleDatabase.create(embedded, "order_flow_audit"));
  }

  /** The charges of some orders. */
  Ledger ledger(List<String> orderIds) {
    return new Ledger(
        payments.rows(
            CHARGES,
            orderIds,
            row ->
                new Ledger.Row(
                    row.getString(1),
                    row.getLong(2),
                    row.getString(3),
                    row.getInt(4),
                    row.getBoolean(5))));
  }

  /** The book of the storefront. */
  List<EventTables.Recorded> recorded(List<String> orderIds) {
    return storefront.rows(
        ORDERS, orderIds, row -> new EventTables.Recorded(row.getString(1), row.getString(2)));
  }

  /** What the consumers have of some orders. */
  EventTables events(List<String> orderIds) {
    return new EventTables(
        recorded(orderIds),
        audit.rows(
            ENTRIES,
            orderIds,
            row ->
                new EventTables.Entry(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getInt(4),
                    instant(row.getObject(5, OffsetDateTime.class)))),
        shipping.rows(
            ARRIVALS,
            orderIds,
            row -> new EventTables.Arrival(row.getString(1), row.getString(2), row.getInt(3))),
        shipping.rows(
            PARCELS,
            orderIds,
            row ->
                new EventTables.Parcel(
                    row.getString(1), instant(row.getObject(2, OffsetDateTime.class)))));
  }

  /** Whether shipping has a page of its address book. */
  boolean pageFound(String page) {
    return !shipping.rows(FOUND_PAGES, List.of(page), row -> row.getString(1)).isEmpty();
  }

  private static Instant instant(OffsetDateTime time) {
    return time.toInstant();
  }
}
