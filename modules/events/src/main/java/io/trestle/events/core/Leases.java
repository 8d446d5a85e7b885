package io.trestle.events.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Live leases in the order in which they end. All leases of one length end in the order in which
 * they began, so a queue per length does; the length is a setting that hardly ever changes, so
 * there is one queue, or two for a while. (A heap would cost O(log n) for each hand-out and, with
 * lazy removal, hold thirty seconds of acknowledged ones.)
 */
final class Leases<E> {
  private final List<Queue<E>> queues = new ArrayList<>();
  private int size;

  private record Queue<E>(long millis, Chain<Lease<E>> leases) {}

  int size() {
    return size;
  }

  void add(Lease<E> lease, long now, long millis) {
    lease.at = now + millis;
    lease.expiry = queue(millis);
    lease.expiry.add(lease);
    size++;
  }

  void remove(Lease<E> lease) {
    if (lease.expiry != null) {
      lease.expiry.remove(lease);
      lease.expiry = null;
      size--;
    }
  }

  /** One that is over, taken out; null if none is. */
  @Nullable Lease<E> expired(long now) {
    for (int i = 0; i < queues.size(); i++) {
      Lease<E> first = queues.get(i).leases().first();
      if (first != null && first.at <= now) {
        remove(first);
        return first;
      }
    }
    return null;
  }

  /** When the next one is over. */
  long next() {
    long next = Long.MAX_VALUE;
    for (int i = 0; i < queues.size(); i++) {
      Lease<E> first = queues.get(i).leases().first();
      next = first == null ? next : Math.min(next, first.at);
    }
    return next;
  }

  private Chain<Lease<E>> queue(long millis) {
    for (int i = 0; i < queues.size(); i++) {
      if (queues.get(i).millis() == millis) {
        return queues.get(i).leases();
      }
    }
    queues.removeIf(q -> q.leases().isEmpty());
    Queue<E> added = new Queue<>(millis, new Chain<>(Lease.EXPIRY));
    queues.add(added);
    return added.leases();
  }
}
