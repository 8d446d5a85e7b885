package io.trestle.testing.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.EventType;
import io.trestle.testing.TestBridge;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import io.trestle.testing.guide.OrderDesk.OrderPlaced;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What docs/guide/events.md tells people to copy works, and is what is tested here. */
class EventsGuideTest {
  @RegisterExtension static final TrestleExtension TRESTLE = new TrestleExtension();

  private static final Path SCHEMAS = GuidePage.SCHEMAS;

  @Test
  void programs_ofTheGuide_talkToEachOther() {
    TestKernel.ServiceKey billing = TRESTLE.kernel().service("billing");
    TestKernel.ServiceKey orders = TRESTLE.kernel().service("orders");
    Billing handlers = new Billing();
    TRESTLE.connect(billing, sdk -> handlers.declare(sdk, SCHEMAS));
    List<EventType<OrderPlaced>> placed = new ArrayList<>();
    TRESTLE.connect(orders, sdk -> placed.add(OrderDesk.declare(sdk, SCHEMAS)));

    assertThat(OrderDesk.publish(placed.get(0))).isNotEmpty();

    await().atMost(Duration.ofSeconds(30)).until(() -> handlers.done.size() >= 5);
    assertThat(handlers.done)
        .containsExactlyInAnyOrder(
            "bill o-1 1000",
            "bill o-3 300",
            "audit order.placed {}",
            "audit order.placed {tenant=t-1}",
            "audit order.placed {}");
  }

  @Test
  void orderOfNothing_isRejected() {
    try (TestBridge billing = TestBridge.create()) {
      new Billing().declareCareful(billing.bridge(), SCHEMAS);
      billing.start();

      OrderPlaced nothing = new OrderPlaced("o-1", 0, "EUR");
      assertThatExceptionOfType(EventRefusal.class)
          .isThrownBy(
              () -> billing.deliver("order.placed", OrderDesk.orderPlaced(SCHEMAS), nothing))
          .withMessage("nothing to bill");
    }
  }

  @Test
  void orderDesk_publishesWhatItShould() {
    try (TestBridge desk = TestBridge.create()) {
      EventType<OrderPlaced> placed = OrderDesk.declare(desk.bridge(), SCHEMAS);
      desk.start();

      OrderDesk.publish(placed);

      assertThat(desk.events()).hasSize(3);
      assertThat(desk.events().get(1).options().partitionKey()).isEqualTo("customer-7");
      assertThat(desk.events().get(0).payload(OrderDesk.orderPlaced(SCHEMAS)))
          .isEqualTo(new OrderPlaced("o-1", 1_000, "EUR"));
    }
  }

  @Test
  void page_showsTheProgramsThatRun() throws IOException {
    GuidePage.assertShowsPrograms("events.md", 5);
  }
}
