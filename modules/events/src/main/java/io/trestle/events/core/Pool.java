package io.trestle.events.core;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Streams that are equal for some routes: any of them may take any delivery of those. Normally all
 * streams of a consumer are one pool; during a deployment there are a few.
 *
 * <p>The ones with a free slot are the first {@code freeCount} numbers of a permutation, so that
 * becoming full or vacant is a swap and a random one is an index.
 */
final class Pool<E> {
  final List<Outlet<E>> outlets;
  private final int[] permutation;
  private final int[] indexOf;
  private int free;
  private final ArrayDeque<Route<E>> routes = new ArrayDeque<>();

  Pool(List<Outlet<E>> outlets) {
    this.outlets = outlets;
    permutation = new int[outlets.size()];
    indexOf = new int[outlets.size()];
    Arrays.setAll(permutation, i -> i);
    Arrays.setAll(indexOf, i -> i);
    for (int i = 0; i < outlets.size(); i++) {
      outlets.get(i).join(this, i);
      if (outlets.get(i).hasFree()) {
        vacant(i);
      }
    }
  }

  int freeCount() {
    return free;
  }

  Outlet<E> free(int index) {
    return outlets.get(permutation[index]);
  }

  void full(int number) {
    if (indexOf[number] < free) {
      swap(indexOf[number], --free);
    }
  }

  void vacant(int number) {
    if (indexOf[number] >= free) {
      swap(indexOf[number], free++);
    }
  }

  /** This route has something for the pool. */
  void list(Route<E> route) {
    if (!route.listed) {
      route.listed = true;
      routes.add(route);
    }
  }

  /** Whether there is a next delivery. */
  boolean hasWaiting() {
    return routes.stream().anyMatch(route -> !route.queue.isEmpty());
  }

  /** The next delivery; routes take turns. */
  @Nullable Entry<E> poll() {
    Route<E> route = routes.poll();
    while (route != null) {
      Entry<E> entry = route.queue.poll();
      route.listed = !route.queue.isEmpty();
      if (route.listed) {
        routes.add(route);
      }
      if (entry != null) {
        return entry;
      }
      route = routes.poll();
    }
    return null;
  }

  private void swap(int a, int b) {
    int number = permutation[a];
    permutation[a] = permutation[b];
    permutation[b] = number;
    indexOf[permutation[a]] = a;
    indexOf[permutation[b]] = b;
  }
}
