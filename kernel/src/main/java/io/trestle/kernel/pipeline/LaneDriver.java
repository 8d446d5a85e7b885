package io.trestle.kernel.pipeline;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Timer;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Executes what {@link LaneCore} decides, on one event loop of its own. It decides nothing itself:
 * it turns calls, answers, closed connections and timers into events, and commands into I/O.
 */
final class LaneDriver extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(LaneDriver.class);

  private static final int SLICE = 2_000;
  private static final Duration HANGING = Duration.ofMillis(500);

  /** What a lane tells the pipeline. */
  interface Owner {
    void changed(Lane lane, LaneState state);

    void stale(Lane lane);
  }

  /** What both lanes share. */
  record Setting(
      ConnectionSource source,
      Fence fence,
      PipelineOptions options,
      Budget budget,
      LongSupplier nanos,
      Owner owner) {}

  private record Waiter(long place, Promise<Void> promise) {}

  private final Lane lane;
  private final Setting setting;
  private final LaneMetrics metrics;
  private final LaneCore core;
  private final Connector connector;
  private final Queue<Ticket> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean inboxScheduled = new AtomicBoolean();
  private final List<Waiter> waiters = new ArrayList<>();
  private final Promise<Void> firstConnection = Promise.promise();

  private volatile LaneState state = LaneState.AWAY;
  private final Deque<BatchRun> runs = new ArrayDeque<>();
  private @Nullable Timer patience;
  private long oldestSince;
  private @Nullable Timer wakeTimer;
  private boolean stopped;
  private long batches;
  private int depth;
  private long bytes;

  LaneDriver(Vertx vertx, Lane lane, Setting setting, LaneMetrics metrics) {
    this.lane = lane;
    this.setting = setting;
    this.metrics = metrics;
    this.core = new LaneCore(lane, setting.options());
    this.connector =
        new Connector(
            vertx, lane, setting.source(), setting.fence(), setting.options().connectTimeout());
  }

  /** Completes with the first connection; fails when the first attempt to connect does. */
  @Override
  public Future<?> start() {
    metrics.state(state);
    perform(core.start(now()));
    return firstConnection.future();
  }

  @Override
  public Future<?> stop() {
    return end();
  }

  /** Hands a unit over; any thread. Its room in the budget is already reserved. */
  Future<Void> submit(Ticket ticket) {
    inbox.add(ticket);
    if (inboxScheduled.compareAndSet(false, true)) {
      context.runOnContext(v -> drainInbox());
    }
    return ticket.future();
  }

  /** Completes when everything handed over before has its verdict; any thread. */
  Future<Void> flush(Context caller) {
    Promise<Void> flushed = Promise.promise();
    context.runOnContext(v -> await(() -> caller.runOnContext(w -> flushed.complete())));
    return flushed.future();
  }

  /** Refuses what comes now, waits for the rest, and gives up on it after {@code grace}. */
  Future<Void> close(Duration grace) {
    Promise<Void> closed = Promise.promise();
    context.runOnContext(
        v -> {
          Timer deadline = timer(grace.toNanos(), this::giveUp);
          await(
              () -> {
                deadline.cancel();
                finish(closed);
              });
          core.refuse(WriteFailure.closed());
        });
    return closed.future();
  }

  /** A connection that hangs may take its time to close; nobody waits for that. */
  private void finish(Promise<Void> closed) {
    Promise<Void> gone = Promise.promise();
    end().onComplete(done -> gone.tryComplete());
    timer(HANGING.toNanos(), () -> gone.tryFail("connection hangs"));
    gone.future()
        .onSuccess(v -> undeploy().onComplete(done -> closed.complete()))
        .onFailure(
            e -> {
              closed.complete();
              undeploy();
            });
  }

  private Future<Void> undeploy() {
    String id = context.deploymentID();
    return vertx.deploymentIDs().contains(id)
        ? vertx.undeploy(id).onFailure(e -> LOG.debug("lane={} undeploy: {}", lane, e.toString()))
        : Future.succeededFuture();
  }

  /** The other lane found the epoch stale; any thread. */
  void fence() {
    context.runOnContext(v -> perform(core.stopWith(WriteFailure.fenced())));
  }

  LaneState state() {
    return state;
  }

  private void drainInbox() {
    inboxScheduled.set(false);
    long now = now();
    for (Ticket next = inbox.poll(); next != null; next = inbox.poll()) {
      depth++;
      bytes += next.write().bytes();
      List<Command> refused = core.offer(next, now);
      if (!refused.isEmpty()) {
        perform(refused);
      }
    }
    perform(core.pump());
  }

  /** Calls back when everything handed over so far is settled. */
  private void await(Runnable then) {
    drainInbox();
    Promise<Void> settled = Promise.promise();
    waiters.add(new Waiter(core.lastPlace(), settled));
    settled.future().onSuccess(v -> then.run());
    wakeWaiters();
  }

  private void wakeWaiters() {
    if (waiters.isEmpty()) {
      return;
    }
    List<Waiter> ready = waiters.stream().filter(w -> core.settledUpTo(w.place())).toList();
    waiters.removeAll(ready);
    ready.forEach(waiter -> waiter.promise().complete());
  }

  private void perform(List<Command> commands) {
    for (Command command : commands) {
      if (command instanceof Command.Send send) {
        send(send.units());
      } else if (command instanceof Command.Settle settle) {
        settle(settle.units(), settle.failure());
      } else if (command instanceof Command.Connect connect) {
        connector.reopen(connect.delay(), this::connected, this::connectionEnded);
      } else if (command instanceof Command.Wake wake) {
        wakeAt(wake.at());
      } else if (command instanceof Command.Announce announce) {
        announce(announce.state());
      } else if (command instanceof Command.StopOwner) {
        LOG.error(
            "lane={} epoch={} stale: another kernel took over", lane, setting.fence().epoch());
        setting.owner().stale(lane);
      }
    }
    Unit oldest = core.oldest();
    metrics.waiting(depth, bytes, oldest == null ? 0 : oldest.acceptedAt());
    wakeWaiters();
  }

  private void send(List<Unit> units) {
    String mark = setting.fence().epoch() + "/" + lane.label() + "/" + ++batches;
    Line line = connector.line();
    BatchRun attempt = BatchRun.start(connector.current(), line, units, mark);
    runs.addLast(attempt);
    if (runs.size() == 1) {
      watchOldest();
    }
    attempt
        .outcome()
        .onSuccess(
            outcome -> {
              if (!runs.remove(attempt)) {
                return; // lost together with one before it
              }
              if (outcome instanceof Outcome.Committed) {
                line.take();
              }
              metrics.attempt(outcome, units, attempt.statements(), now() - oldestSince);
              report(outcome, units);
              Outcome verdict = outcome instanceof Outcome.Lost lost ? dropRuns(lost) : outcome;
              watchOldest();
              perform(core.finished(verdict, now()));
            });
  }

  /** The time of a run begins when nothing is before it: PostgreSQL does one after the other. */
  private void watchOldest() {
    if (patience != null) {
      patience.cancel();
    }
    oldestSince = now();
    BatchRun oldest = runs.peekFirst();
    Duration limit = setting.options().attemptTimeout();
    patience = oldest == null ? null : timer(limit.toNanos(), () -> outOfPatience(oldest, limit));
  }

  private void outOfPatience(BatchRun run, Duration limit) {
    connector.cancelStatement();
    run.abandon("no answer within " + limit);
  }

  /** The connection is given up, and with it everything that is under way there. */
  private Outcome.Lost dropRuns(Outcome.Lost lost) {
    List<BatchRun> dropped = List.copyOf(runs);
    runs.clear();
    dropped.forEach(run -> run.abandon("the connection is given up"));
    boolean commitSent = lost.commitSent() || dropped.stream().anyMatch(BatchRun::commitSent);
    return new Outcome.Lost(commitSent, lost.reason());
  }

  private void report(Outcome outcome, List<Unit> units) {
    if (outcome instanceof Outcome.Lost lost) {
      LOG.atLevel(state == LaneState.AVAILABLE ? Level.WARN : Level.DEBUG)
          .log(
              "lane={} units={} commit_sent={} kept for resending: {}",
              lane,
              units.size(),
              lost.commitSent(),
              lost.reason());
    } else if (!(outcome instanceof Outcome.Committed)) {
      LOG.debug("lane={} units={} rolled back: {}", lane, units.size(), outcome);
    }
  }

  private void settle(List<Unit> units, @Nullable WriteFailure failure) {
    long settledBytes = 0;
    IdentityHashMap<Context, List<Ticket>> callers = new IdentityHashMap<>();
    for (Unit unit : units) {
      settledBytes += unit.write().bytes();
      Ticket ticket = (Ticket) unit;
      callers.computeIfAbsent(ticket.caller(), caller -> new ArrayList<>()).add(ticket);
      if (failure != null && failure.code() == WriteFailure.Code.REJECTED) {
        metrics.poisoned(unit);
        LOG.debug("lane={} write refused: {}", lane, failure.getMessage());
      }
    }
    depth -= units.size();
    bytes -= settledBytes;
    setting.budget().release(settledBytes, units.size());
    callers.forEach((caller, tickets) -> tell(caller, tickets, failure));
  }

  /** In slices, so that a large batch does not hold the caller's event loop in one piece. */
  private static void tell(Context caller, List<Ticket> tickets, @Nullable WriteFailure failure) {
    for (int from = 0; from < tickets.size(); from += SLICE) {
      List<Ticket> slice = tickets.subList(from, Math.min(from + SLICE, tickets.size()));
      caller.runOnContext(v -> slice.forEach(ticket -> ticket.settle(failure)));
    }
  }

  private void announce(LaneState now) {
    state = now;
    metrics.state(now);
    LOG.info("lane={} database={}", lane, now);
    setting.owner().changed(lane, now);
  }

  private void connected(AsyncResult<PgConnection> done) {
    if (done.succeeded()) {
      perform(core.connected(now()));
      firstConnection.tryComplete();
    } else if (firstConnection.tryFail(done.cause())) {
      end();
    } else {
      perform(core.connectFailed(now()));
    }
  }

  private void connectionEnded() {
    BatchRun oldest = runs.peekFirst();
    if (oldest != null) {
      oldest.abandon("connection closed");
    } else {
      perform(core.connectionLost(now()));
    }
  }

  private void wakeAt(long at) {
    if (wakeTimer != null) {
      wakeTimer.cancel();
    }
    wakeTimer = timer(at - now(), () -> perform(core.tick(now())));
  }

  /** The grace of close is over: what is not under way fails, what is under way is cut off. */
  private void giveUp() {
    perform(core.stopWith(WriteFailure.closed()));
    BatchRun oldest = runs.peekFirst();
    if (oldest != null) {
      connector.cancelStatement();
      oldest.abandon("the pipeline is closing");
    }
  }

  private Future<Void> end() {
    if (stopped) {
      return Future.succeededFuture();
    }
    stopped = true;
    giveUp();
    if (wakeTimer != null) {
      wakeTimer.cancel();
    }
    metrics.close();
    return connector.close();
  }

  private Timer timer(long nanos, Runnable then) {
    Timer timer = vertx.timer(Math.max(1, nanos), TimeUnit.NANOSECONDS);
    timer.onSuccess(v -> then.run());
    return timer;
  }

  private long now() {
    return setting.nanos().getAsLong();
  }
}
