package io.trestle.examples.orderflow.demo;

/**
 * A refund that the storefront was asked for although the policy forbids it.
 *
 * @param status of HTTP
 * @param message why not
 */
record RefundTry(String orderId, int status, String message) {
  private static final int FORBIDDEN = 403;

  /** Whether the policy is why nothing came of it. */
  boolean isRefused() {
    return status == FORBIDDEN && message.contains("denied");
  }
}
