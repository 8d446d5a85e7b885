package io.trestle.traces.core;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * What services and instances have of something that all share, so that nobody takes it all: a
 * quarter for one service, an eighth for one instance.
 */
public final class Shares {
  private final long limit;
  private final Map<UUID, Long> ofOne = new HashMap<>();
  private long held;

  /** Whose it is; an instance without service is known by itself. */
  public record Holder(UUID service, UUID instance) {}

  /** So much for all. */
  public Shares(long limit) {
    this.limit = limit;
  }

  /** Takes a part; false, and nothing is taken, when that is too much. */
  public boolean take(Holder holder, long amount) {
    if (held + amount > limit
        || of(holder.service()) + amount > ofService()
        || of(holder.instance()) + amount > ofInstance()) {
      return false;
    }
    add(holder, amount);
    return true;
  }

  /** Gives back what was taken. */
  public void give(Holder holder, long amount) {
    add(holder, -amount);
  }

  private void add(Holder holder, long amount) {
    held += amount;
    add(holder.service(), amount);
    if (!holder.instance().equals(holder.service())) {
      add(holder.instance(), amount);
    }
  }

  private void add(UUID one, long amount) {
    ofOne.compute(
        one,
        (id, had) -> {
          long now = (had == null ? 0 : had) + amount;
          return now == 0 ? null : now;
        });
  }

  private long of(UUID one) {
    return ofOne.getOrDefault(one, 0L);
  }

  /** The most of all. */
  public long limit() {
    return limit;
  }

  /** The most of one service. */
  public long ofService() {
    return limit / 4;
  }

  /** The most of one instance. */
  public long ofInstance() {
    return limit / 8;
  }

  /** What is taken. */
  public long held() {
    return held;
  }
}
