package io.trestle.pki.core;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Token buckets by key: each holds {@code burst} tokens and gains one per interval. Kept as the one
 * number of the generic cell rate algorithm, the instant at which the bucket would be full again,
 * so that a bucket costs a map entry and a full one costs nothing. Safe from any thread.
 */
public final class RateLimit<K> {
  private final long intervalMicros;
  private final long slackMicros;
  private final ConcurrentHashMap<K, Long> fullAt = new ConcurrentHashMap<>();

  /**
   * Makes a limit.
   *
   * @param burst tokens of a full bucket, at least 1
   * @param intervalMicros time to gain one token
   */
  public RateLimit(int burst, long intervalMicros) {
    this.intervalMicros = intervalMicros;
    this.slackMicros = (burst - 1) * intervalMicros;
  }

  /** Takes one token of this key's bucket, or says that it is empty. */
  public boolean tryTake(K key, long nowMillis) {
    long now = nowMillis * 1000;
    boolean[] taken = {false};
    fullAt.compute(
        key,
        (same, before) -> {
          long full = before == null ? now : Math.max(before, now);
          taken[0] = full - now <= slackMicros;
          return taken[0] ? full + intervalMicros : full;
        });
    return taken[0];
  }

  /** Forgets the buckets that are full. */
  public void forgetFull(long nowMillis) {
    long now = nowMillis * 1000;
    fullAt.values().removeIf(full -> full <= now);
  }

  /** Buckets that are not full. */
  public int size() {
    return fullAt.size();
  }
}
