package io.trestle.events.core;

/**
 * A member of {@link Chain}s and of {@link Timers}. It carries its own links, so that joining
 * allocates nothing and leaving from anywhere is O(1).
 */
abstract class Node {
  /** Previous and next per kind of chain; null elements at the ends. */
  final Node[] links;

  /** Unix milliseconds; means something while timed. */
  long at;

  /** Index in the heap, negative while not timed. */
  int place = -1;

  Node(int chains) {
    links = new Node[2 * chains];
  }
}
