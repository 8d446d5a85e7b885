package io.trestle.examples.orderflow.orders;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** How an order can end. */
public enum End {
  /** Reserved and charged. */
  COMPLETED("completed"),
  /** The inventory has not enough of something. */
  OUT_OF_STOCK("out_of_stock"),
  /** The card was declined; what was reserved was given back. */
  DECLINED("declined"),
  /** Something broke; not a way an order may end. */
  FAILED("failed");

  private final String text;

  End(String text) {
    this.text = text;
  }

  /** As it is written in files and answers. */
  public String text() {
    return text;
  }

  /** The end with a text. */
  public static Optional<End> of(String text) {
    return Arrays.stream(values()).filter(end -> end.text.equals(text)).findFirst();
  }

  /** Those that an order may be expected to have, for messages. */
  static String expectable() {
    return Arrays.stream(values())
        .filter(end -> end != FAILED)
        .map(End::text)
        .collect(Collectors.joining(", "));
  }
}
