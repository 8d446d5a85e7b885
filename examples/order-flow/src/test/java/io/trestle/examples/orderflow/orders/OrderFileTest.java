package io.trestle.examples.orderflow.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrderFileTest {
  private static final String GOOD =
      "{\"id\":\"o-1\",\"customer\":\"Ada\",\"card\":\"tok-1\","
          + "\"items\":[{\"sku\":\"mug\",\"quantity\":2}],\"expect\":\"declined\"}";

  @Test
  void shipped_orders_areAFewHundredOfEveryEnd() {
    List<Order> orders = OrderFile.shipped();

    assertThat(orders).hasSizeBetween(200, 500);
    assertThat(orders.stream().map(Order::expected).collect(Collectors.toSet()))
        .containsExactlyInAnyOrder(
            Optional.of(End.COMPLETED), Optional.of(End.OUT_OF_STOCK), Optional.of(End.DECLINED));
  }

  @Test
  void read_goodLine_hasAllOfIt() throws IOException {
    assertThat(read(GOOD + "\n\n"))
        .containsExactly(
            new Order(
                "o-1",
                "Ada",
                "tok-1",
                List.of(new Order.Item("mug", 2)),
                Optional.of(End.DECLINED)));
  }

  @Test
  void write_order_isReadAgainWithoutTheExpectedEnd() throws IOException {
    Order order = read(GOOD).get(0);

    assertThat(OrderJson.read(OrderJson.write(order)))
        .isEqualTo(
            new Order(order.id(), order.customer(), order.card(), order.items(), Optional.empty()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"id\":\"o-1\" | \"id\":\"o 1\" | f:2: id: o 1 (expected: 1 to 64 letters",
        "\"id\":\"o-1\", | `` | f:2: id: missing (expected: a text",
        "\"customer\":\"Ada\" | \"customer\":7 | f:2: customer: 7 (expected: a text",
        "\"quantity\":2 | \"quantity\":0 | f:2: items[0].quantity: 0 (expected: 1 to 10000)",
        "\"quantity\":2 | \"quantity\":2.5 | f:2: items[0].quantity: 2.5 (expected: 1 to 10000)",
        "\"quantity\":2 | \"number\":2 | f:2: items[0].number: unknown field",
        "\"expect\" | \"expects\" | f:2: expects: unknown field",
        "\"declined\" | \"failed\" | f:2: expect: failed (expected: completed, out_of_stock, declined)",
        "[{\"sku\":\"mug\",\"quantity\":2}] | [] | f:2: items: [] (expected: a list of 1 to 100 items)",
        "} | `` | f:2: not JSON",
      })
  void read_badLine_namesLineAndField(String part, String instead, String message) {
    String bad = GOOD.replace(part, instead);

    assertThatThrownBy(() -> read("\n" + bad))
        .isInstanceOf(OrderException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void read_trailingText_isRefused() {
    assertThatThrownBy(() -> read(GOOD + " {}"))
        .isInstanceOf(OrderException.class)
        .hasMessageStartingWith("f:1: not JSON");
  }

  @Test
  void read_sameIdTwice_namesBothLines() {
    assertThatThrownBy(() -> read(GOOD + "\n" + GOOD))
        .hasMessage("f:2: id: o-1 is that of line 1 (expected: one order an id)");
  }

  @Test
  void read_noOrders_isRefused() {
    assertThatThrownBy(() -> read("\n \n")).hasMessageStartingWith("f: no orders in it");
  }

  @Test
  void read_unusableFile_namesIt(@TempDir Path directory) throws IOException {
    Path missing = directory.resolve("missing.jsonl");
    Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xc3, 0x28});

    assertThatThrownBy(() -> OrderFile.read(missing)).hasMessage(missing + ": no such file");
    assertThatThrownBy(() -> OrderFile.read(binary)).hasMessage(binary + ": not UTF-8");
    assertThatThrownBy(() -> OrderFile.read(directory)).hasMessageContaining("cannot be read");
  }

  private static List<Order> read(String text) throws IOException {
    return OrderFile.read("f", new StringReader(text));
  }
}
