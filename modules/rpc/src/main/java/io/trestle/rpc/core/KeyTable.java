package io.trestle.rpc.core;

import com.google.protobuf.ByteString;
import io.trestle.conversations.Refused;
import io.trestle.conversations.Refused.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who in this process deals with which idempotency key. The first call with a key leads: it alone
 * talks to the database and to the callee. Others with the same key wait here, without a query,
 * until the leader ends; then they have its reply, or the first of them to come back leads.
 *
 * <p>Bounded: calls that lead, calls that wait, and calls that wait for one key. A call beyond is
 * refused without effect. Safe from any thread; what waits is told on the thread of the leader.
 */
public final class KeyTable {
  private final Map<IdempotencyKey, List<Consumer<Ending>>> keys = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger leading = new AtomicInteger();
  private final Bounds bounds;

  /**
   * How many calls.
   *
   * @param leaders with different keys, at once
   * @param waiters in all
   * @param waitersPerKey for one key
   */
  public record Bounds(int leaders, int waiters, int waitersPerKey) {
    /** 16,384, 16,384 and 256. */
    public static final Bounds DEFAULT = new Bounds(16_384, 16_384, 256);
  }

  /** How the leader of a key ended, for those who wait. */
  public sealed interface Ending {
    /** With a reply that is stored. */
    record Saved(ByteString reply, ByteString payloadHash) implements Ending {}

    /** Without one; see for yourself. */
    record Again() implements Ending {}

    /** The key could not be claimed, and neither could yours; nothing was begun. */
    record Failed(Refused refusal) implements Ending {}
  }

  /** A table with these bounds. */
  public KeyTable(Bounds bounds) {
    this.bounds = bounds;
  }

  /**
   * Leads, or waits.
   *
   * @param ended hears the end of the leader, once; it may run on any thread
   * @return whether the caller leads now, and so must call {@link #end} once
   * @throws Refused OVERLOADED without effect, when a bound is reached
   */
  public boolean enter(IdempotencyKey key, Consumer<Ending> ended) {
    boolean[] leads = {false};
    keys.compute(
        key,
        (k, waiters) -> {
          leads[0] = waiters == null;
          if (waiters == null) {
            take(leading, bounds.leaders(), "calls with an idempotency key are under way");
            return new ArrayList<>(0);
          }
          return joined(waiters, ended);
        });
    return leads[0];
  }

  private List<Consumer<Ending>> joined(List<Consumer<Ending>> waiters, Consumer<Ending> ended) {
    if (waiters.size() >= bounds.waitersPerKey()) {
      throw full(waiters.size(), bounds.waitersPerKey(), "calls wait for this idempotency key");
    }
    take(waiting, bounds.waiters(), "calls wait for an idempotency key");
    waiters.add(ended);
    return waiters;
  }

  /** Waits no longer; nothing when it was told already. */
  public void leave(IdempotencyKey key, Consumer<Ending> ended) {
    keys.computeIfPresent(
        key,
        (k, waiters) -> {
          if (waiters.remove(ended)) {
            waiting.decrementAndGet();
          }
          return waiters;
        });
  }

  /** The leader ends: tells those who wait, in the order in which they came. */
  public void end(IdempotencyKey key, Ending ending) {
    @Nullable List<Consumer<Ending>> waiters = keys.remove(key);
    if (waiters != null) {
      leading.decrementAndGet();
      waiting.addAndGet(-waiters.size());
      waiters.forEach(waiter -> waiter.accept(ending));
    }
  }

  /** Calls that wait. */
  public int waiting() {
    return waiting.get();
  }

  /** Calls that lead. */
  public int leading() {
    return leading.get();
  }

  private static void take(AtomicInteger count, int bound, String what) {
    int now = count.incrementAndGet();
    if (now > bound) {
      count.decrementAndGet();
      throw full(now - 1, bound, what);
    }
  }

  private static Refused full(int now, int bound, String what) {
    return Refused.withoutEffect(
        Reason.OVERLOADED, now + " " + what + " (expected: fewer than " + bound + ")");
  }
}
