package io.trestle.examples.orderflow.orders;

/** An order cannot be read; the message names the field, and for a file the line. */
public final class OrderException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OrderException(String message) {
    super(message);
  }
}
