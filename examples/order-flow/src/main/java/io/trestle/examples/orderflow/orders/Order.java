package io.trestle.examples.orderflow.orders;

import java.util.List;
import java.util.Optional;

/**
 * What a customer wants.
 *
 * @param id chosen by whoever places the order; placing it again with the same id is placing it
 *     once
 * @param customer for people
 * @param card a token, never a number
 * @param items at least one
 * @param expected how it must end, if the file says so
 */
public record Order(
    String id, String customer, String card, List<Item> items, Optional<End> expected) {

  /** Copies the list. */
  public Order {
    items = List.copyOf(items);
  }

  /** So many of something. */
  public record Item(String sku, int quantity) {}

  /** Whether it may end so. */
  public boolean mayEnd(End end) {
    return expected.map(end::equals).orElse(end != End.FAILED);
  }
}
