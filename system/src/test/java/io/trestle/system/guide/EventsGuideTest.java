package io.trestle.system.guide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.trestle.sdk.EventRefusal;
import io.trestle.sdk.EventType;
import io.trestle.sdk.ServiceBridge;
import io.trestle.sdk.outbox.jdbc.JdbcOutbox;
import io.trestle.system.guide.OrderDesk.OrderPlaced;
import io.trestle.testing.TestBridge;
import io.trestle.testing.TestKernel;
import io.trestle.testing.TrestleExtension;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

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
  void outboxes_ofTheGuide_sendWhatIsCommitted(@TempDir Path directory) throws SQLException {
    TestKernel kernel = TRESTLE.kernel();
    Billing handlers = new Billing();
    TRESTLE.connect(kernel.service("outbox-billing"), sdk -> handlers.declare(sdk, SCHEMAS));
    TestKernel.ServiceKey orders = kernel.service("outbox-orders");
    PGSimpleDataSource dataSource = dataSource(URI.create(TestKernel.newDatabase()));
    try (Connection connection = dataSource.getConnection()) {
      connection.createStatement().execute("CREATE TABLE orders (id TEXT)");
    }
    try (ServiceBridge bridge = kernel.client(orders).callerOnly().build()) {
      EventType<OrderPlaced> placed = OrderDesk.declare(bridge, SCHEMAS);
      try (JdbcOutbox outbox = OrderOutboxes.open(bridge, dataSource)) {
        bridge.start();
        OrderOutboxes.place(dataSource, outbox, placed, new OrderPlaced("o-7", 100, "EUR"));
        await().atMost(Duration.ofSeconds(30)).until(() -> handlers.done.contains("bill o-7 100"));
        OrderOutboxes.retryAll(outbox);
      }
    }
    try (ServiceBridge bridge = kernel.client(orders).callerOnly().build()) {
      EventType<OrderPlaced> placed = OrderDesk.declare(bridge, SCHEMAS);
      OrderPlaced order = new OrderPlaced("o-8", 200, "EUR");
      assertThat(OrderOutboxes.placeAtTheEdge(bridge, directory, placed, order)).isNotEmpty();
      await().atMost(Duration.ofSeconds(30)).until(() -> handlers.done.contains("bill o-8 200"));
    }
  }

  @Test
  void rejectedOrder_isADeadLetter_andAnotherGroupHasItsOwnDelivery() {
    Billing handlers = new Billing();
    ServiceBridge billing =
        TRESTLE.connect(
            TRESTLE.kernel().service("careful-billing"),
            sdk -> {
              handlers.declareCareful(sdk, SCHEMAS);
              handlers.declareReminders(sdk, SCHEMAS);
            });
    List<EventType<OrderPlaced>> placed = new ArrayList<>();
    TRESTLE.connect(
        TRESTLE.kernel().service("careless-orders"),
        sdk -> placed.add(OrderDesk.declare(sdk, SCHEMAS)));

    String id = placed.get(0).publish(new OrderPlaced("o-9", 0, "EUR"));

    List<String> sent = new ArrayList<>();
    await().until(() -> sent.addAll(Billing.sendAgain(billing)));
    assertThat(sent).containsExactly(id);
    await()
        .until(
            () -> billing.events().deadLetters().list().entries(),
            letters -> letters.size() == 1 && letters.get(0).replays() == 1);
    await().until(() -> !handlers.done.isEmpty());
    assertThat(handlers.done).containsExactly("remind o-9");
  }

  @Test
  void tablesOfTheGuide_areWhatDeduplicationNeeds() throws SQLException {
    String database = TestKernel.newDatabase();
    Billing.createTables(dataSource(URI.create(database)));
    TRESTLE.connect(
        TRESTLE.kernel().service("exact-billing"),
        sdk -> new Billing().declareOnce(sdk, SCHEMAS, dataSource(URI.create(database))));
    List<EventType<OrderPlaced>> placed = new ArrayList<>();
    TRESTLE.connect(
        TRESTLE.kernel().service("exact-orders"),
        sdk -> placed.add(OrderDesk.declare(sdk, SCHEMAS)));

    String id = placed.get(0).publish(new OrderPlaced("o-10", 5, "EUR"));

    await().until(() -> column(database, "SELECT id FROM bills").equals(List.of("o-10")));
    assertThat(column(database, "SELECT event_id FROM trestle_handled_events")).containsExactly(id);
  }

  private static List<String> column(String database, String select) throws SQLException {
    try (Connection connection = dataSource(URI.create(database)).getConnection();
        var rows = connection.createStatement().executeQuery(select)) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        found.add(rows.getString(1));
      }
      return found;
    }
  }

  private static PGSimpleDataSource dataSource(URI database) {
    String[] user = database.getUserInfo().split(":", 2);
    PGSimpleDataSource made = new PGSimpleDataSource();
    made.setServerNames(new String[] {database.getHost()});
    made.setPortNumbers(new int[] {database.getPort()});
    made.setDatabaseName(database.getPath().substring(1));
    made.setUser(user[0]);
    made.setPassword(user[1]);
    return made;
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
    GuidePage.assertShowsPrograms("events.md", 14);
  }
}
