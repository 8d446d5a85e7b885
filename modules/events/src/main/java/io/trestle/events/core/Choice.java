package io.trestle.events.core;

import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which stream of several (events.md 6.7). Without a key: the less loaded of two random ones, which
 * keeps the load even without comparing all. With a key: the highest hash of (key, instance), which
 * is stable while the set is and moves 1/n of the lanes when it changes.
 */
final class Choice {
  private Choice() {}

  /** The highest of these for this lane, another instance than {@code avoid} if there is one. */
  static <E> @Nullable Outlet<E> rendezvous(
      List<Outlet<E>> outlets, long lane, @Nullable UUID avoid) {
    Outlet<E> best = null;
    Outlet<E> last = null;
    long highest = Long.MIN_VALUE;
    for (int i = 0; i < outlets.size(); i++) {
      Outlet<E> outlet = outlets.get(i);
      long score = mix(lane ^ outlet.hash);
      if (avoid != null && outlet.instance.equals(avoid)) {
        last = outlet;
      } else if (best == null || score > highest) {
        best = outlet;
        highest = score;
      }
    }
    return best == null ? last : best;
  }

  /** One of those of the pool that have a free slot; there is at least one. */
  static <E> Outlet<E> twoRandom(Pool<E> pool, @Nullable UUID avoid, RandomGenerator random) {
    int free = pool.freeCount();
    int first = free == 1 ? 0 : random.nextInt(free);
    int second = free == 1 ? 0 : (first + 1 + random.nextInt(free - 1)) % free;
    Outlet<E> a = pool.free(first);
    Outlet<E> b = pool.free(second);
    Outlet<E> chosen = b.load() < a.load() ? b : a;
    return avoid == null ? chosen : another(pool, chosen, avoid);
  }

  private static <E> Outlet<E> another(Pool<E> pool, Outlet<E> chosen, UUID avoid) {
    for (int i = 0; chosen.instance.equals(avoid) && i < pool.freeCount(); i++) {
      if (!pool.free(i).instance.equals(avoid)) {
        return pool.free(i);
      }
    }
    return chosen;
  }

  /** 64 bits of a text (FNV-1a over its characters, mixed): String.hashCode has only 32. */
  static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  static long hash(UUID id) {
    return mix(id.getMostSignificantBits() * 31 + id.getLeastSignificantBits());
  }

  /** The finaliser of SplitMix64. */
  static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
