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
 * says.
 *
 * <p>The thread ends when it is closed, and not before: nobody would notice. Whatever a courier or
 * a driver throws, an {@code Error} too, it gives back what it holds, waits as after a request
 * without answer, and goes on.
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
  private final RelayTurns turns;
  private final AtomicBoolean sessionBegan = new AtomicBoolean();
  private List<ClaimedEvent> held = List.of(); // claimed, and neither settled nor given back
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
    this.turns = new RelayTurns(polling);
    this.thread = new Thread(this::run, "trestle-outbox-" + name);
    thread.setDaemon(true);
  }

  /** Starts; once. */
  public void start() {
    courier.onConnected(
        () -> {
          sessionBegan.set(true);
          turns.tell(RelayPlan::connected);
        });
    thread.start();
  }

  /** There may be rows. Any thread. */
  public void wake() {
    turns.tell(RelayPlan::woken);
  }

  /** There will be rows soon. Any thread. */
  public void expect() {
    turns.tell(RelayPlan::expecting);
  }

  /** Sends what can be sent within the time, then ends; waits for that. Any thread, repeatable. */
  public void close(Duration drain) {
    turns.close(drain);
    try {
      thread.join(Math.max(1, turns.millisLeft()));
      thread.interrupt(); // an answer that is still waited for
      thread.join(TimeUnit.SECONDS.toMillis(2));
    } catch (InterruptedException e) {
      turns.close(Duration.ZERO);
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      boolean more = true;
      while (more) {
        more = turnOrEnd();
      }
    } finally {
      List<ClaimedEvent> events = held;
      if (!events.isEmpty()) {
        settleOnce(() -> table.giveBack(events, "closed before the answer"));
      }
      release();
    }
  }

  /** False at the end. */
  private boolean turnOrEnd() {
    try {
      if (!turns.await(courier::connected, drained)) {
        return false;
      }
      giveBack("the turn before was interrupted");
      turn();
      if (!turns.isDue() || !courier.connected()) {
        table.release();
      }
      return true;
    } catch (Throwable e) { // also what is thrown without being declared
      return goesOnAfter(e);
    }
  }

  /**
   * Our own interrupt comes when the time is over; any other was left behind by a courier or a
   * driver, and is none of our business.
   */
  private boolean goesOnAfter(Throwable fault) {
    if (turns.isOver()) {
      return false;
    }
    boolean first = turns.failed();
    LOG.log(
        first ? Level.ERROR : Level.DEBUG,
        "outbox_fault outbox=%s: events stay in the outbox and are sent again".formatted(name),
        fault);
    boolean unused = Thread.interrupted();
    try {
      giveBack(fault.toString());
      release();
      turns.pause();
    } catch (InterruptedException e) {
      LOG.log(Level.DEBUG, "outbox_interrupted outbox=" + name);
    }
    return true;
  }

  private void giveBack(String why) throws InterruptedException {
    List<ClaimedEvent> events = held;
    if (!events.isEmpty()) {
      untilDone(() -> table.giveBack(events, why));
      held = List.of();
    }
  }

  private void release() {
    try {
      table.release();
    } catch (Throwable e) {
      LOG.log(Level.WARNING, "outbox_release_failed outbox=" + name, e);
    }
  }

  private void turn() throws InterruptedException {
    boolean last = turns.isClosing();
    boolean rearm = sessionBegan.getAndSet(false);
    OutboxTable.Claim claim;
    turns.tell((plan, now) -> plan.looking());
    try {
      if (rearm) {
        table.rearm();
      }
      claim = table.claim();
    } catch (Throwable e) {
      if (rearm) {
        sessionBegan.set(true);
      }
      failed("outbox_database_failed", e.getMessage(), "the outbox waits and tries again");
      return;
    }
    if (claim.events().isEmpty()) {
      drained = last;
      turns.tell((plan, now) -> plan.nothing(now, claim.dueInMillis()));
    } else {
      held = claim.events();
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
    held = List.of();
    turns.tell(RelayPlan::sent);
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
      if (verdicts != null && verdicts.size() == events.size()) {
        return verdicts;
      }
      why =
          (verdicts == null ? "no" : verdicts.size())
              + " verdicts for "
              + events.size()
              + " events";
    } catch (InterruptedException e) {
      throw e;
    } catch (ExecutionException e) {
      why = String.valueOf(e.getCause());
    } catch (TimeoutException e) {
      why = "no answer within " + ANSWER_SECONDS + " s";
    } catch (Throwable e) { // of the courier; if it was sent, the runtime has the ids
      why = e.toString();
    }
    failed("outbox_waits", why, "events stay in the outbox and are sent again");
    giveBack(why);
    return null;
  }

  /** A change of the table. */
  @FunctionalInterface
  private interface Change {
    void make() throws SQLException;
  }

  /** Repeats a change that is safe to repeat; what was published is not published again. */
  private void untilDone(Change change) throws InterruptedException {
    while (!settleOnce(change) && !turns.isOver()) {
      turns.nap(SETTLE_PAUSE_MILLIS);
    }
  }

  private boolean settleOnce(Change change) {
    try {
      change.make();
      return true;
    } catch (Throwable e) {
      failed("outbox_database_failed", e.getMessage(), "what was answered is written again");
      return false;
    }
  }

  private void failed(String what, @Nullable String reason, String then) {
    boolean first = turns.failed();
    LOG.log(
        first ? Level.WARNING : Level.DEBUG,
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
}
