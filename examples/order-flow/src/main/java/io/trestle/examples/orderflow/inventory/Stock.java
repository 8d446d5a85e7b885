package io.trestle.examples.orderflow.inventory;

import io.trestle.sdk.HandlerException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What there is and what is reserved for whom. Reserving is repeatable: an order that has its
 * reservation gets the same answer again. Thread-safe.
 */
final class Stock {
  private final Map<String, Article> articles = new LinkedHashMap<>();
  private final Map<String, Reservation> reservations = new HashMap<>();

  /** So many of something. */
  record Line(String sku, int quantity) {}

  private record Article(long priceCents, long available) {
    Article less(long quantity) {
      return new Article(priceCents, available - quantity);
    }
  }

  /**
   * What is kept for an order.
   *
   * @param id another one when the order is reserved anew after a release
   */
  record Reservation(String id, List<Line> lines, long totalCents) {}

  /** The shop of the demo: plenty of most things, nothing of two. */
  static Stock ofTheDemo() {
    return new Stock()
        .with("mug-blue", 1290, 100_000)
        .with("mug-white", 1190, 100_000)
        .with("teapot-iron", 5490, 100_000)
        .with("tea-sencha-100g", 890, 100_000)
        .with("tea-assam-250g", 1150, 100_000)
        .with("kettle-steel", 4900, 100_000)
        .with("strainer", 650, 100_000)
        .with("tray-oak", 3350, 100_000)
        .with("cup-set-6", 3990, 100_000)
        .with("honey-500g", 990, 100_000)
        .with("lamp-paper", 7900, 0)
        .with("teapot-gold", 24900, 0);
  }

  /** The same with an article more. */
  Stock with(String sku, long priceCents, long available) {
    articles.put(sku, new Article(priceCents, available));
    return this;
  }

  /**
   * Reserves everything or nothing.
   *
   * @throws HandlerException {@code UNKNOWN_SKU} or {@code OUT_OF_STOCK}
   */
  synchronized Reservation reserve(String orderId, List<Line> lines) {
    Reservation before = reservations.get(orderId);
    if (before != null) {
      return before;
    }
    Map<String, Long> wanted = new LinkedHashMap<>();
    lines.forEach(line -> wanted.merge(line.sku(), (long) line.quantity(), Long::sum));
    wanted.forEach(this::require);
    long total = 0;
    for (Map.Entry<String, Long> entry : wanted.entrySet()) {
      Article article = article(entry.getKey());
      total += article.priceCents() * entry.getValue();
      articles.put(entry.getKey(), article.less(entry.getValue()));
    }
    Reservation made = new Reservation(UUID.randomUUID().toString(), List.copyOf(lines), total);
    reservations.put(orderId, made);
    return made;
  }

  /**
   * What is reserved for an order.
   *
   * @throws HandlerException {@code NOT_RESERVED}
   */
  synchronized Reservation reserved(String orderId) {
    Reservation reservation = reservations.get(orderId);
    if (reservation == null) {
      throw new HandlerException("NOT_RESERVED", "order " + orderId + ": nothing is reserved");
    }
    return reservation;
  }

  /** Gives back what was reserved for an order, if anything. */
  synchronized void release(String orderId) {
    Reservation reservation = reservations.remove(orderId);
    if (reservation != null) {
      for (Line line : reservation.lines()) {
        articles.put(line.sku(), article(line.sku()).less(-line.quantity()));
      }
    }
  }

  /** How many can be reserved. */
  synchronized long available(String sku) {
    return article(sku).available();
  }

  private void require(String sku, long quantity) {
    long available = article(sku).available();
    if (available < quantity) {
      throw new HandlerException(
          "OUT_OF_STOCK", "%s: %d wanted, %d there".formatted(sku, quantity, available));
    }
  }

  private Article article(String sku) {
    Article article = articles.get(sku);
    if (article == null) {
      throw new HandlerException("UNKNOWN_SKU", sku + ": not sold here " + articles.keySet());
    }
    return article;
  }
}
