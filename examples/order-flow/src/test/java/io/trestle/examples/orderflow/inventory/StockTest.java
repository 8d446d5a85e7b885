package io.trestle.examples.orderflow.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trestle.examples.orderflow.inventory.Stock.Line;
import io.trestle.examples.orderflow.inventory.Stock.Reservation;
import io.trestle.sdk.HandlerException;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class StockTest {
  private final Stock stock = new Stock().with("mug", 100, 5).with("tea", 30, 1);

  @Test
  void reserve_enough_takesAndTellsTheTotal() {
    Reservation reservation = stock.reserve("o-1", List.of(new Line("mug", 2), new Line("tea", 1)));

    assertThat(reservation.totalCents()).isEqualTo(230);
    assertThat(stock.available("mug")).isEqualTo(3);
  }

  @Test
  void reserve_sameOrderAgain_takesNothingMore() {
    Reservation first = stock.reserve("o-1", List.of(new Line("mug", 2)));

    assertThat(stock.reserve("o-1", List.of(new Line("mug", 2)))).isEqualTo(first);
    assertThat(stock.available("mug")).isEqualTo(3);
  }

  @Test
  void reserve_oneLineTooMany_takesNothing() {
    assertRefused("OUT_OF_STOCK", new Line("mug", 1), new Line("tea", 2));
    assertThat(stock.available("mug")).isEqualTo(5);
  }

  @Test
  void reserve_sameArticleInTwoLines_countsTogether() {
    assertRefused("OUT_OF_STOCK", new Line("mug", 3), new Line("mug", 3));
  }

  @Test
  void reserve_unknownArticle_isRefused() {
    assertRefused("UNKNOWN_SKU", new Line("moon", 1));
  }

  @Test
  void reserved_isWhatWasReservedUntilItIsReleased() {
    Reservation reservation = stock.reserve("o-1", List.of(new Line("mug", 2)));

    assertThat(stock.reserved("o-1")).isEqualTo(reservation);
    assertThat(reservation.lines()).containsExactly(new Line("mug", 2));
    stock.release("o-1");
    assertRefused("NOT_RESERVED", () -> stock.reserved("o-1"));
  }

  @Test
  void reserve_afterARelease_isAnotherReservation() {
    Reservation first = stock.reserve("o-1", List.of(new Line("mug", 2)));
    stock.release("o-1");

    assertThat(stock.reserve("o-1", List.of(new Line("mug", 2))).id()).isNotEqualTo(first.id());
  }

  @Test
  void release_givesBackOnce() {
    stock.reserve("o-1", List.of(new Line("mug", 2)));

    stock.release("o-1");
    stock.release("o-1");

    assertThat(stock.available("mug")).isEqualTo(5);
  }

  private void assertRefused(String code, Line... lines) {
    assertRefused(code, () -> stock.reserve("o-9", List.of(lines)));
  }

  private static void assertRefused(String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(InstanceOfAssertFactories.type(HandlerException.class))
        .extracting(HandlerException::handlerCode)
        .isEqualTo(code);
  }
}
