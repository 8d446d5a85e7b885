package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Order;
import io.trestle.examples.orderflow.orders.Picking;
import java.time.Instant;
import java.util.Optional;

/**
 * What the storefront answered to an order.
 *
 * @param end how it ended; {@link End#FAILED} also when there was no answer
 * @param totalCents what was charged
 * @param repeats how often the storefront asked again
 * @param chargedBefore its repeated charge was refused because the first one had been made
 * @param picking how much of its picking the storefront saw
 * @param recordedAt when the storefront committed it, with its event; empty when there was nothing
 *     new to commit
 * @param reason why, for people
 */
record Outcome(
    Order order,
    End end,
    long totalCents,
    int repeats,
    boolean chargedBefore,
    Picking picking,
    Optional<Instant> recordedAt,
    String reason) {

  /** No answer. */
  static Outcome unanswered(Order order, String reason) {
    return new Outcome(order, End.FAILED, 0, 0, false, Picking.NONE, Optional.empty(), reason);
  }

  /** Whether the order ended as it must. */
  boolean isRight() {
    return order.mayEnd(end);
  }
}
