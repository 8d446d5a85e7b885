package io.trestle.sdk.internal.outbox;

import io.trestle.sdk.internal.outbox.core.ClaimedEvent;
import io.trestle.sdk.internal.outbox.core.RelayPlan;
import io.trestle.sdk.internal.outbox.core.RowOutcome;
import io.trestle.sdk.internal.outbox.core.Settlement;
import io.trestle.sdk.outbox.EventCourier;
import io.trestle.sdk.outbox.PublishVerdict;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The thread of an outbox: claims rows, sends them in one request, settles them in one transaction,
 * and begins anew.
 *
 * <p>State is the table and nothing else: a relay that dies at any moment leaves rows that were
 * sent and not settled, which the next one sends again with the same ids, and the runtime answers
 * that it has them. So a failed settlement is repeated, the publish never is while this process
 * lives. At most one request is under way, so one claim is held in memory.
 *
 * <p>Without session it does not touch the table at all. When to look otherwise, {@link RelayPlan}
 * says. Nothing but the lock is shared with other threads, and it is never held while the database
 * or the runtime works, so waking may be done on an event loop.
 */
public final class Relay {
  private static final Logger LOG = System.getLogger("io.trestle.sdk.outbox");

  /** A request is answered or given up after 10 s; this is for a courier that forgets. */
  private static final long ANSWER_SECONDS = 30;

  private static final long SETTLE_PAUSE_MILLIS = 100;

  private final String name;
  private final EventCourier courier;
  private final OutboxTable table;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final RelayPlan plan; // guarded by the lock
  private final AtomicBoolean sessionBegan = new AtomicBoolean();
  private volatile boolean closing;
  private volatile long end = Long.MAX_VALUE;
  private boolean drained;

  /**
   * A relay, not started.
   *
   * @param name of the outbox, for logs and the thread
   * @param polling whether rows may appear in the table without a word
   */
  public Relay(String name, EventCourier courier, OutboxTable table, boolean polling) {
    this.name = name;
    this.courier = courier;
    this.table = table;
    this.plan = new RelayPlan(polling, now());
    this.thread = new Thread(this::run, "trestle-outbox-" + name);
    thread.setDaemon(true);
  }

  /** Starts; once. */
  public void start() {
    courier.onConnected(
        () -> {
          sessionBegan.set(true);
          tell(() -> plan.connected(now()));
        });
    thread.start();
  }

  /** There may be rows. Any thread. */
  public void wake() {
    tell(() -> plan.woken(now()));
  }

  /** There will be rows soon. Any thread. */
  public void expect() {
    tell(() -> plan.expecting(now()));
  }

  /** Sends what can be sent within the time, then ends; waits for that. Any thread, repeatable. */
  public void close(Duration drain) {
    tell(
        () -> {
          end = Math.min(end, now() + drain.toMillis());
          closing = true;
          plan.stopping(now());
        });
    try {
      thread.join(Math.max(1, end - now()));
      thread.interrupt(); // an answer that is still waited for
      thread.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void tell(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (awaitTurn()) {
        turn();
        if (!busy()) {
          table.release();
        }
      }
    } catch (InterruptedException e) {
      LOG.log(Level.DEBUG, "outbox_interrupted outbox=" + name);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "outbox_ended outbox=" + name + ": nothing is sent any more", e);
      throw e;
    } finally {
      table.release();
    }
  }

  /** Whether the next turn is now. */
  private boolean busy() {
    lock.lock();
    try {
      return plan.next() <= now() && courier.connected();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it is time to look; false when it is time to end. */
  private boolean awaitTurn() throws InterruptedException {
    lock.lock();
    try {
      while (true) {
        long now = now();
        boolean connected = courier.connected();
        if (closing && (drained || !connected || now >= end)) {
          return false;
        }
        long wait = connected ? plan.next() - now : RelayPlan.NEVER;
        if (wait <= 0) {
          return true;
        }
        wait = closing ? Math.min(wait, end - now) : wait;
        if (wait < RelayPlan.NEVER - now) {
          boolean unused = changed.await(wait, TimeUnit.MILLISECONDS);
        } else {
          changed.await();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void turn() throws InterruptedException {
    boolean last = closing;
    boolean rearm = sessionBegan.getAndSet(false);
    OutboxTable.Claim claim;
    tell(plan::looking);
    try {
      if (rearm) {
        table.rearm();
      }
      claim = table.claim();
    } catch (SQLException | RuntimeException e) {
      if (rearm) {
        sessionBegan.set(true);
      }
      failed("outbox_database_failed", e.getMessage(), "the outbox waits and tries again");
      return;
    }
    if (claim.events().isEmpty()) {
      drained = last;
      tell(() -> plan.nothing(now(), claim.dueInMillis()));
    } else {
      send(claim.events());
    }
  }

  private void send(List<ClaimedEvent> events) throws InterruptedException {
    List<PublishVerdict> verdicts = answer(events);
    if (verdicts == null) {
      return;
    }
    List<RowOutcome> outcomes =
        Settlement.of(events, verdicts, ThreadLocalRandom.current()::nextDouble);
    report(events, outcomes);
    untilDone(() -> table.settle(outcomes));
    tell(() -> plan.sent(now()));
  }

  /** Null if there is none; the rows are then given back. */
  private @Nullable List<PublishVerdict> answer(List<ClaimedEvent> events)
      throws InterruptedException {
    String why;
    try {
      List<PublishVerdict> verdicts =
          courier
              .send(events.stream().map(ClaimedEvent::event).toList())
              .get(ANSWER_SECONDS, TimeUnit.SECONDS);
      if (verdicts.size() == events.size()) {
        return verdicts;
      }
      why = verdicts.size() + " verdicts for " + events.size() + " events";
    } catch (ExecutionException e) {
      why = String.valueOf(e.getCause());
    } catch (TimeoutException e) {
      why = "no answer within " + ANSWER_SECONDS + " s";
    } catch (RuntimeException e) { // of the courier; if it was sent, the runtime has the ids
      why = e.toString();
    } catch (InterruptedException e) {
      settleOnce(() -> table.giveBack(events, "closed before the answer"));
      throw e;
    }
    String reason = why;
    failed("outbox_waits", reason, "events stay in the outbox and are sent again");
    untilDone(() -> table.giveBack(events, reason));
    return null;
  }

  /** A change of the table. */
  @FunctionalInterface
  private interface Change {
    void make() throws SQLException;
  }

  /** Repeats a change that is safe to repeat; what was published is not published again. */
  private void untilDone(Change change) throws InterruptedException {
    while (!settleOnce(change) && now() < end) {
      lock.lock();
      try {
        boolean unused = changed.await(SETTLE_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean settleOnce(Change change) {
    try {
      change.make();
      return true;
    } catch (SQLException | RuntimeException e) {
      failed("outbox_database_failed", e.getMessage(), "what was answered is written again");
      return false;
    }
  }

  private void failed(String what, @Nullable String reason, String then) {
    boolean[] first = new boolean[1];
    tell(
        () -> {
          plan.failed(now());
          first[0] = plan.firstFailure();
        });
    LOG.log(
        first[0] ? Level.WARNING : Level.DEBUG,
        "%s outbox=%s reason=%s: %s".formatted(what, name, reason, then));
  }

  private void report(List<ClaimedEvent> events, List<RowOutcome> outcomes) {
    for (int i = 0; i < events.size(); i++) {
      if (outcomes.get(i) instanceof RowOutcome.Parked parked) {
        LOG.log(
            Level.WARNING,
            "outbox_refused outbox=%s event=%s id=%s reason=%s: kept; see listFailed, then retryFailed or discardFailed"
                .formatted(
                    name,
                    events.get(i).event().name(),
                    events.get(i).event().id(),
                    parked.error()));
      }
    }
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
