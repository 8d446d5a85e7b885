package io.trestle.examples.orderflow.storefront;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trestle.examples.orderflow.Connections;
import io.trestle.examples.orderflow.TestDatabase;
import io.trestle.examples.orderflow.audit.AuditDesk;
import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.Picking;
import io.trestle.testing.RecordedEvent;
import io.trestle.testing.TestBridge;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The book on a real database; what its outbox sends goes to a bridge without network. */
class OrderBookTest {
  private final Connections database = TestDatabase.create();
  private final TestBridge test = TestBridge.create();
  private final OrderBook book = book();

  @BeforeEach
  void start() throws SQLException {
    AuditDesk.subscribe(test.bridge(), database);
    test.start();
  }

  @AfterEach
  void stop() throws SQLException {
    book.close();
    test.close();
    database.close();
  }

  @Test
  void record_placed_isPublishedUnderTheCustomer() throws SQLException {
    assertThat(book.record(order("o-1"), placed("o-1", End.COMPLETED))).isPresent();

    await().until(() -> !test.events().isEmpty());
    RecordedEvent event = test.events().get(0);
    assertThat(event.name()).isEqualTo("order.placed");
    assertThat(event.options().partitionKey()).isEqualTo("Ada");
  }

  @Test
  void record_sameEndAgain_isPublishedOnce() throws SQLException {
    book.record(order("o-1"), placed("o-1", End.DECLINED));

    assertThat(book.record(order("o-1"), placed("o-1", End.DECLINED))).isEmpty();
    book.record(order("o-2"), placed("o-2", End.COMPLETED));

    await().until(() -> test.events().size() == 2);
    assertThat(test.events())
        .extracting(RecordedEvent::name)
        .containsExactly("order.refused", "order.placed");
  }

  @Test
  void record_refusedThenCompleted_isPublishedAgainButNeverTheOtherWayRound() throws SQLException {
    book.record(order("o-1"), placed("o-1", End.DECLINED));

    assertThat(book.record(order("o-1"), placed("o-1", End.COMPLETED))).isPresent();
    assertThat(book.record(order("o-1"), placed("o-1", End.DECLINED))).isEmpty();
  }

  @Test
  void published_isEnteredByTheAudit() throws SQLException {
    book.record(order("o-1"), placed("o-1", End.OUT_OF_STOCK));

    await()
        .until(
            () ->
                TestDatabase.number(
                        database,
                        "SELECT count(*) FROM entries WHERE order_id = 'o-1'"
                            + " AND event_name = 'order.refused' AND ending = 'out_of_stock'")
                    == 1);
  }

  private OrderBook book() {
    try {
      return new OrderBook(test.bridge(), database);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static Order order(String id) {
    return new Order(id, "Ada", "tok-4242", List.of(new Order.Item("mug", 1)), Optional.empty());
  }

  private static Placed placed(String id, End end) {
    return new Placed(id, end, 500, "", 0, false, Picking.NONE, "");
  }
}
