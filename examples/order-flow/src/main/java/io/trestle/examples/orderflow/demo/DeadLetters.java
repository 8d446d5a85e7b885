package io.trestle.examples.orderflow.demo;

import java.util.List;

/**
 * What shipping could not handle, and what became of it.
 *
 * @param found all dead letters of fed orders, before anything was mended
 * @param replayed how many the kernel says it handed out again
 * @param left order ids of those that are dead again
 */
record DeadLetters(List<Letter> found, long replayed, List<String> left) {

  /** Copies the lists. */
  DeadLetters {
    found = List.copyOf(found);
    left = List.copyOf(left);
  }

  /** A dead letter, with the order it is about. */
  record Letter(String orderId, String reason, int attempts, String lastError) {}

  /** Order ids of all that were found. */
  List<String> orders() {
    return found.stream().map(Letter::orderId).toList();
  }
}
