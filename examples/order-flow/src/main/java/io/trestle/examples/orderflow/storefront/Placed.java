package io.trestle.examples.orderflow.storefront;

import io.trestle.examples.orderflow.orders.End;
import io.trestle.examples.orderflow.orders.Picking;

/**
 * What became of an order.
 *
 * @param totalCents what was charged; 0 if nothing was
 * @param charge the charge; empty if there is none or another attempt made it
 * @param repeats how often the storefront asked again
 * @param chargedBefore a charge was refused because the order had been charged by an earlier
 *     attempt, whose answer was lost, or whoever placed it before
 * @param picking of its articles, which does not change its end
 * @param reason for people; empty when there is nothing to say
 */
record Placed(
    String orderId,
    End end,
    long totalCents,
    String charge,
    int repeats,
    boolean chargedBefore,
    Picking picking,
    String reason) {

  /** The same, but it could not be written down, so the customer is to place it again. */
  Placed unrecorded(Exception why) {
    return new Placed(
        orderId, End.FAILED, 0, "", repeats, chargedBefore, picking, "not recorded: " + why);
  }
}
