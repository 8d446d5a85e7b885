package io.trestle.examples.orderflow.orders;

import java.util.Arrays;
import java.util.Optional;

/** How the picking of an order went, as far as the storefront saw it. */
public enum Picking {
  /** Not begun: the order was not charged. */
  NONE("none"),
  /** Every article was seen. */
  COMPLETE("complete"),
  /** The stream broke. The order stands: picking is not paying. */
  FAILED("failed");

  private final String text;

  Picking(String text) {
    this.text = text;
  }

  /** As it is written in answers. */
  public String text() {
    return text;
  }

  /** The one with a text. */
  public static Optional<Picking> of(String text) {
    return Arrays.stream(values()).filter(picking -> picking.text.equals(text)).findFirst();
  }
}
