package io.trestle.examples.orderflow.shipping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.examples.orderflow.Connections;
import io.trestle.examples.orderflow.TestDatabase;
import io.trestle.examples.orderflow.v1.OrderEvent;
import io.trestle.sdk.EventSchema;
import io.trestle.sdk.HandlerException;
import io.trestle.sdk.ValidationException;
import io.trestle.sdk.protobuf.MessageSchema;
import io.trestle.testing.TestBridge;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Shipping on a bridge without network and a real database. */
class ShippingTest {
  private static final EventSchema<OrderEvent> ORDERS = MessageSchema.of(OrderEvent.class);

  private final Connections database = TestDatabase.create();
  private final TestBridge test = TestBridge.create();

  @BeforeEach
  void start() throws SQLException {
    ParcelStore store = new ParcelStore(database);
    store.createTables(Shipping.MISSING_PAGE);
    new Shipping(store, database).subscribe(test.bridge());
    test.start();
  }

  @AfterEach
  void stop() throws SQLException {
    test.close();
    database.close();
  }

  @Test
  void order_withAddress_isPacked() throws SQLException {
    place("o-1", "Ada", Shipping.PARCEL_FROM_CENTS);

    assertThat(parcels()).isEqualTo(1);
  }

  @Test
  void order_notWorthAParcel_doesNotArrive() throws SQLException {
    assertThatThrownBy(() -> place("o-1", "Ada", Shipping.PARCEL_FROM_CENTS - 1))
        .isInstanceOf(ValidationException.class);

    assertThat(TestDatabase.number(database, "SELECT count(*) FROM arrivals")).isZero();
  }

  @Test
  void order_withoutAddress_failsUntilThePageIsFound() throws SQLException {
    assertThatThrownBy(() -> place("o-1", "Zoe", Shipping.PARCEL_FROM_CENTS))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("no address of Zoe: page Z of the address book is missing");
    assertThat(parcels()).isZero();
    assertThat(TestDatabase.number(database, "SELECT count(*) FROM trestle_handled_events"))
        .isZero();

    test.deliver(
        Shipping.PAGE_FOUND, EventSchema.RAW, "{\"page\":\"Z\"}".getBytes(StandardCharsets.UTF_8));
    place("o-1", "Zoe", Shipping.PARCEL_FROM_CENTS);

    assertThat(parcels()).isEqualTo(1);
  }

  private void place(String id, String customer, int cents) {
    OrderEvent order =
        OrderEvent.newBuilder()
            .setOrderId(id)
            .setCustomer(customer)
            .setEnd("completed")
            .setTotalCents(cents)
            .build();
    test.deliver("order.placed", ORDERS, order);
  }

  private long parcels() throws SQLException {
    return TestDatabase.number(database, "SELECT count(*) FROM parcels");
  }
}
