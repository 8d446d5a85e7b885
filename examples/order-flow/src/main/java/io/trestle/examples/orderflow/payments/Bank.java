package io.trestle.examples.orderflow.payments;

import io.trestle.sdk.HandlerException;
import java.time.Duration;

/**
 * The bank of the example. Cards are tokens; one that ends in {@code 0002} is declined. It takes
 * its time before and after, as banks do: that is where a kill hurts.
 */
final class Bank {
  private final Duration pause;

  Bank(Duration pause) {
    this.pause = pause;
  }

  /**
   * Asks whether a card is good for an amount.
   *
   * @throws HandlerException {@code CARD_DECLINED}
   */
  void authorize(String card, long amountCents) throws InterruptedException {
    Thread.sleep(pause.toMillis());
    if (card.endsWith("0002")) {
      throw new HandlerException(
          "CARD_DECLINED", "the card was declined for %d cents".formatted(amountCents));
    }
  }

  /** Sends the receipt for a charge that is done. */
  void sendReceipt() throws InterruptedException {
    Thread.sleep(pause.toMillis());
  }
}
