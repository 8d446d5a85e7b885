package io.trestle.kernel.database;

/** Doubling delays from a first to a last value. Not thread-safe. */
final class Backoff {
  private final long firstMillis;
  private final long lastMillis;
  private long nextMillis;

  Backoff(long firstMillis, long lastMillis) {
    this.firstMillis = firstMillis;
    this.lastMillis = lastMillis;
    this.nextMillis = firstMillis;
  }

  long next() {
    long delay = nextMillis;
    nextMillis = Math.min(lastMillis, delay * 2);
    return delay;
  }

  void reset() {
    nextMillis = firstMillis;
  }
}
