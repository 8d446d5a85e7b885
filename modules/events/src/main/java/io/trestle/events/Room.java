package io.trestle.events;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Bytes that requests have in memory: so many in all, and a quarter of that in the name of one
 * service, so that nobody with a token shuts the others out. Thread-safe, since requests are on
 * many event loops.
 */
final class Room {
  /** What one service may have of the whole. */
  static final int SHARES = 4;

  private final long total;
  private final Map<UUID, Long> taken = new HashMap<>();
  private long all;

  Room(long total) {
    this.total = total;
  }

  /** Takes it if there is room in all and for this service; false takes nothing. */
  synchronized boolean take(UUID service, long bytes) {
    long own = taken.getOrDefault(service, 0L) + bytes;
    if (all + bytes > total || own > total / SHARES) {
      return false;
    }
    all += bytes;
    taken.put(service, own);
    return true;
  }

  /** Gives back what was taken. */
  synchronized void give(UUID service, long bytes) {
    all -= bytes;
    taken.computeIfPresent(service, (s, own) -> own > bytes ? own - bytes : null);
  }
}
