package io.trestle.examples.orderflow.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.Picking;
import io.trestle.examples.orderflow.shipping.Shipping;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventVerdictTest {
  private static final Instant AT = Instant.parse("2025-11-21T08:00:00Z");
  private static final int WORTH_IT = Shipping.PARCEL_FROM_CENTS;

  private final List<Outcome> outcomes =
      List.of(
          outcome("o-1", "Ada", End.COMPLETED, WORTH_IT),
          outcome("o-2", "Zoe", End.COMPLETED, WORTH_IT),
          outcome("o-3", "Zoe", End.COMPLETED, WORTH_IT - 1),
          outcome("o-4", "Ben", End.DECLINED, 0),
          outcome("o-5", "Ben", End.FAILED, 0));

  private final EventFindings good = EventSamples.allAsItMust(outcomes);
  private final List<EventTables.Recorded> orders = new ArrayList<>(good.tables().orders());
  private final List<EventTables.Entry> entries = new ArrayList<>(good.tables().entries());
  private final List<EventTables.Arrival> arrivals = new ArrayList<>(good.tables().arrivals());
  private final List<EventTables.Parcel> parcels = new ArrayList<>(good.tables().parcels());
  private DeadLetters letters = good.letters();

  @Test
  void problems_allAsItMust_areNone() {
    assertThat(problems()).isEmpty();
    assertThat(good.worthAParcel()).containsExactly("o-1", "o-2");
    assertThat(good.withoutAddress()).containsExactly("o-2");
  }

  @Test
  void problems_orderWithoutRow_isNamed() {
    orders.remove(0);

    assertThat(problems()).containsExactly("order o-1 completed: not in the storefront's book");
  }

  @Test
  void problems_outboxNotEmpty_isNamed() {
    assertThat(EventVerdict.problems(new EventFindings(outcomes, good.tables(), letters, 2, 1)))
        .containsExactly(
            "events waiting in the outbox: 2 (expected: 0)",
            "events that the runtime did not take: 1 (expected: 0)");
  }

  @Test
  void problems_eventLostOrTwice_isNamed() {
    entries.remove(3);
    entries.add(entries.get(0));

    assertThat(problems())
        .containsExactly(
            "order o-1 completed: twice in the audit", "order o-4 declined: not in the audit");
  }

  @Test
  void problems_eventOfAnotherName_isNamed() {
    entries.set(0, new EventTables.Entry("order.refused", "o-1", "completed", 1, AT));

    assertThat(problems())
        .containsExactly("order o-1: completed in an event order.refused (expected: order.placed)");
  }

  @Test
  void problems_filterLetsThroughWhatItShouldNot_isNamed() {
    arrivals.add(new EventTables.Arrival("e-9", "o-3", 1));
    parcels.add(new EventTables.Parcel("o-3", AT));

    assertThat(problems())
        .containsExactly(
            "order o-3: wrongly delivered to shipping", "order o-3: wrongly packed by shipping");
  }

  @Test
  void problems_secondParcel_isNamed() {
    parcels.add(parcels.get(0));

    assertThat(problems()).containsExactly("order o-1: twice packed by shipping");
  }

  @Test
  void problems_letterThatWasNotReplayed_isNamed() {
    parcels.remove(1);
    letters = new DeadLetters(good.letters().found(), 0, List.of("o-2"));

    assertThat(problems())
        .containsExactly(
            "order o-2: not packed by shipping",
            "dead letters: 0 replayed (expected: 1)",
            "order o-2: wrongly dead after the replay");
  }

  @Test
  void problems_noDeadLetterWhereOneMustBe_isNamed() {
    letters = new DeadLetters(List.of(), 0, List.of());

    assertThat(problems()).containsExactly("order o-2: not among the dead letters of shipping");
  }

  @Test
  void latency_ofShipping_isWithoutTheReplayed() {
    assertThat(good.shippingLatency().sorted()).containsExactly(EventSamples.TO_SHIPPING);
    assertThat(good.shippingLatency().percentileMillis(0.99)).isEqualTo(30);
    assertThat(good.auditLatency().sorted()).hasSize(4);
  }

  @Test
  void filtered_isWhatWasPlacedAndDidNotArrive() {
    assertThat(good.filtered()).isEqualTo(1);
  }

  private List<String> problems() {
    EventTables tables = new EventTables(orders, entries, arrivals, parcels);
    return EventVerdict.problems(new EventFindings(outcomes, tables, letters, 0, 0));
  }

  private static Outcome outcome(String id, String customer, End end, long cents) {
    Order order =
        new Order(id, customer, "tok-1", List.of(new Order.Item("mug", 1)), Optional.empty());
    return new Outcome(order, end, cents, 0, false, Picking.NONE, Optional.of(AT), "");
  }
}
