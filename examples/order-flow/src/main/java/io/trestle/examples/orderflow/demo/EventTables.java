package io.trestle.examples.orderflow.demo;

import java.time.Instant;
import java.util.List;

/**
 * The rows of the services that tell what became of the events of the fed orders.
 *
 * @param orders the book of the storefront: each row was committed with an event
 * @param entries of the audit, one an event
 * @param arrivals what was delivered to shipping, one an event
 * @param parcels what shipping made of it; nothing in the table stops a second one of an order
 */
record EventTables(
    List<Recorded> orders, List<Entry> entries, List<Arrival> arrivals, List<Parcel> parcels) {

  /** Copies the lists. */
  EventTables {
    orders = List.copyOf(orders);
    entries = List.copyOf(entries);
    arrivals = List.copyOf(arrivals);
    parcels = List.copyOf(parcels);
  }

  /** The end of an order. */
  record Recorded(String orderId, String ending) {}

  /** An event that the audit handled, in so many deliveries. */
  record Entry(String eventName, String orderId, String ending, int deliveries, Instant heardAt) {}

  /** An event that was delivered to shipping so often. */
  record Arrival(String eventId, String orderId, int deliveries) {}

  /** A parcel. */
  record Parcel(String orderId, Instant packedAt) {}

  /** Entries of events of a name. */
  long entries(String eventName) {
    return entries.stream().filter(entry -> entry.eventName().equals(eventName)).count();
  }
}
