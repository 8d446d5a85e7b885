package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.orders.End;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What the services have when all went well. */
final class EventSamples {
  static final Duration TO_AUDIT = Duration.ofMillis(20);
  static final Duration TO_SHIPPING = Duration.ofMillis(30);

  private EventSamples() {}

  /** For what the customers were told. */
  static EventFindings allAsItMust(List<Outcome> outcomes) {
    EventFindings must =
        new EventFindings(
            outcomes,
            new EventTables(List.of(), List.of(), List.of(), List.of()),
            new DeadLetters(List.of(), 0, List.of()),
            0,
            0);
    List<Outcome> known = must.known();
    EventTables tables =
        new EventTables(
            known.stream().map(EventSamples::recorded).toList(),
            known.stream().map(EventSamples::entry).toList(),
            must.worthAParcel().stream()
                .map(id -> new EventTables.Arrival("e-" + id, id, 1))
                .toList(),
            known.stream()
                .filter(outcome -> must.worthAParcel().contains(outcome.order().id()))
                .map(EventSamples::parcel)
                .toList());
    List<DeadLetters.Letter> letters =
        must.withoutAddress().stream()
            .map(id -> new DeadLetters.Letter(id, "max_attempts", 3, "no address"))
            .toList();
    return new EventFindings(
        outcomes, tables, new DeadLetters(letters, letters.size(), List.of()), 0, 0);
  }

  private static EventTables.Recorded recorded(Outcome outcome) {
    return new EventTables.Recorded(outcome.order().id(), outcome.end().text());
  }

  private static EventTables.Entry entry(Outcome outcome) {
    String name = outcome.end() == End.COMPLETED ? "order.placed" : "order.refused";
    return new EventTables.Entry(
        name, outcome.order().id(), outcome.end().text(), 1, at(outcome).plus(TO_AUDIT));
  }

  private static EventTables.Parcel parcel(Outcome outcome) {
    return new EventTables.Parcel(outcome.order().id(), at(outcome).plus(TO_SHIPPING));
  }

  private static Instant at(Outcome outcome) {
    return outcome.recordedAt().orElse(Instant.EPOCH);
  }
}
