package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.shipping.Shipping;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What became of the events, beside what must have become of them: the latter is computed from what
 * the customers were told, and from nothing that events have touched.
 *
 * @param outcomes what the storefront answered, one an order
 * @param tables of the services
 * @param letters dead ones
 * @param pending events that the outbox has not sent
 * @param failed events that the runtime did not take
 */
record EventFindings(
    List<Outcome> outcomes, EventTables tables, DeadLetters letters, long pending, long failed) {

  /** Orders whose end is known, each of which has an event. */
  List<Outcome> known() {
    return outcomes.stream().filter(outcome -> outcome.end() != End.FAILED).toList();
  }

  /** Orders that are worth a parcel, as the filter of shipping says. */
  List<String> worthAParcel() {
    return outcomes.stream()
        .filter(outcome -> outcome.end() == End.COMPLETED)
        .filter(outcome -> outcome.totalCents() >= Shipping.PARCEL_FROM_CENTS)
        .map(outcome -> outcome.order().id())
        .toList();
  }

  /** Of these, orders of customers whose address was missing. */
  List<String> withoutAddress() {
    Set<String> ofThePage =
        outcomes.stream()
            .map(Outcome::order)
            .filter(order -> order.customer().startsWith(Shipping.MISSING_PAGE))
            .map(order -> order.id())
            .collect(Collectors.toSet());
    return worthAParcel().stream().filter(ofThePage::contains).toList();
  }

  /** Events that went through the outbox. */
  long sent() {
    return tables.orders().size() - pending - failed;
  }

  /** Deliveries to the audit beyond the first one of each event. */
  long auditRepeats() {
    return tables.entries().stream().mapToLong(entry -> entry.deliveries() - 1L).sum();
  }

  /** Deliveries to shipping beyond the first one of each event; most are tries that failed. */
  long shippingRepeats() {
    return tables.arrivals().stream().mapToLong(arrival -> arrival.deliveries() - 1L).sum();
  }

  /** Events {@code order.placed} that never came to shipping, as the filter does not want them. */
  long filtered() {
    return tables.entries("order.placed") - tables.arrivals().size();
  }

  /** From the commit of the storefront to the handler of the audit. */
  Latency auditLatency() {
    return latency(
        tables.entries().stream()
            .map(entry -> Map.entry(entry.orderId(), entry.heardAt()))
            .toList());
  }

  /** The same of shipping, without what was replayed: that waited for people. */
  Latency shippingLatency() {
    Set<String> replayed = Set.copyOf(letters.orders());
    return latency(
        tables.parcels().stream()
            .filter(parcel -> !replayed.contains(parcel.orderId()))
            .map(parcel -> Map.entry(parcel.orderId(), parcel.packedAt()))
            .toList());
  }

  private Latency latency(Collection<Map.Entry<String, Instant>> handled) {
    Map<String, Instant> committed =
        outcomes.stream()
            .filter(outcome -> outcome.recordedAt().isPresent())
            .collect(
                Collectors.toMap(
                    outcome -> outcome.order().id(),
                    outcome -> outcome.recordedAt().orElseThrow(),
                    (first, second) -> first));
    return new Latency(
        handled.stream()
            .filter(event -> committed.containsKey(event.getKey()))
            .map(event -> Duration.between(committed.get(event.getKey()), event.getValue()))
            .sorted()
            .toList());
  }

  /**
   * Times of events.
   *
   * @param sorted the shortest first
   */
  record Latency(List<Duration> sorted) {

    /**
     * The smallest time that a part of the events did not exceed, in milliseconds; 0 without
     * events. The storefront looks at its clock after the commit, when the event may be under way,
     * so a time may come out below 0, and is 0 then.
     *
     * @param part 0 to 1
     */
    double percentileMillis(double part) {
      if (sorted.isEmpty()) {
        return 0;
      }
      int index = (int) Math.ceil(part * sorted.size()) - 1;
      return Math.max(sorted.get(Math.max(index, 0)).toNanos() / 1e6, 0);
    }
  }
}
