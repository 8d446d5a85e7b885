package io.trestle.events.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a time: a binary heap whose members know their index, so that one that needs no
 * time any more leaves in O(log n) instead of staying until it is due.
 */
final class Timers {
  private Node[] heap = new Node[16];
  private int size;

  /** Adds it, or moves it to another time. */
  void put(Node node, long at) {
    remove(node);
    node.at = at;
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
    }
    up(size++, node);
  }

  /** Does nothing if it is not there. */
  @SuppressWarnings("NullAway") // free elements of the heap are null
  void remove(Node node) {
    int hole = node.place;
    if (hole < 0) {
      return;
    }
    node.place = -1;
    Node moved = heap[--size];
    heap[size] = null;
    if (moved != node) {
      up(hole, moved);
      down(moved.place, moved);
    }
  }

  /** The earliest that is due, taken out; null if none is. */
  @Nullable Node due(long now) {
    if (next() > now || size == 0) {
      return null;
    }
    Node node = heap[0];
    remove(node);
    return node;
  }

  /** When the earliest is due; {@link Long#MAX_VALUE} if none waits. */
  long next() {
    return size == 0 ? Long.MAX_VALUE : heap[0].at;
  }

  private void up(int start, Node node) {
    int hole = start;
    while (hole > 0 && heap[(hole - 1) / 2].at > node.at) {
      set(hole, heap[(hole - 1) / 2]);
      hole = (hole - 1) / 2;
    }
    set(hole, node);
  }

  private void down(int start, Node node) {
    int hole = start;
    int child = 2 * hole + 1;
    while (child < size) {
      if (child + 1 < size && heap[child + 1].at < heap[child].at) {
        child++;
      }
      if (heap[child].at >= node.at) {
        break;
      }
      set(hole, heap[child]);
      hole = child;
      child = 2 * hole + 1;
    }
    set(hole, node);
  }

  private void set(int index, Node node) {
    heap[index] = node;
    node.place = index;
  }
}
